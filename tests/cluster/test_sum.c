/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "autograd/net.h"
#include "cluster/sum.h"

#define SIZE (3 * SUM_BLOCK + 17)

/* Counts the calls for each block. */
static vq_status count(void *user, int i, int worker, vq_error *err)
{
    atomic_int *calls = user;
    (void)worker, (void)err;
    atomic_fetch_add(&calls[i], 1);
    return VQ_OK;
}

/* One rank's sum is that of the tree, whatever the threads; every block is shown once.
 */
static void test_sum__of_one_rank(void **state)
{
    (void)state;
    vq_error err;
    for (int slots = 1; slots <= 9; slots++)
        for (int threads = 1; threads <= 3; threads++) {
            cluster_sum s;
            atomic_int calls[4] = {0};
            float *rows = malloc((size_t)slots * SIZE * sizeof *rows);
            float *want = malloc((size_t)slots * SIZE * sizeof *want);
            net_fill(rows, (size_t)slots * SIZE, 7, -1, 1);
            memcpy(want, rows, (size_t)slots * SIZE * sizeof *want);
            for (int step = 1; step < slots; step *= 2)
                for (int i = 0; i + step < slots; i += 2 * step)
                    for (size_t k = 0; k < SIZE; k++)
                        want[(size_t)i * SIZE + k] +=
                            want[(size_t)(i + step) * SIZE + k];
            assert_ok(cluster_sum_init(&s, slots, SIZE, threads, &err), &err);
            assert_int_equal(cluster_sum_rows(&s), slots);
            assert_int_equal(cluster_sum_blocks(&s), 4);
            assert_ok(cluster_sum_run(&s, rows, count, calls, &err), &err);
            assert_memory_equal(rows, want, SIZE * sizeof *rows);
            for (int i = 0; i < 4; i++)
                assert_int_equal(atomic_load(&calls[i]), 1);
            cluster_sum_release(&s);
            free(want);
            free(rows);
        }
}

static void test_sum__out_of_memory(void **state)
{
    (void)state;
    vq_error err;
    cluster_sum s;
    support_alloc_fail_at(1);
    assert_fails(cluster_sum_init(&s, 4, SIZE, 1, &err), VQ_ENOMEM, &err,
                 "cannot allocate");
    cluster_sum_release(&s);
}

/* Alone there is nobody to agree with, to hear from or to write to. */
static void test_sum__alone(void **state)
{
    (void)state;
    vq_error err = {"mine"};
    int rank, ranks, word = 3;
    size_t begin[] = {0, sizeof word};
    vq_ranks(&rank, &ranks);
    assert_int_equal(rank, 0);
    assert_int_equal(ranks, 1);
    assert_ok(cluster_agree(VQ_OK, &word, sizeof word, &err), &err);
    assert_fails(vq_ranks_agree(VQ_EIO, &err), VQ_EIO, &err, "mine");
    assert_ok(cluster_tell(&word, sizeof word, &err), &err);
    assert_ok(cluster_gather(&word, begin, &err), &err);
    assert_ok(cluster_exchange(NULL, 0, &err), &err);
    cluster_message m = {.rank = 1, .data = &word, .bytes = sizeof word};
    assert_fails(cluster_exchange(&m, 1, &err), VQ_EINTERNAL, &err, "no other rank");
    assert_int_equal(word, 3);
    assert_int_equal(cluster_dead(), -1);
    assert_int_equal(cluster_spent().bytes, 0);
}

const struct CMUnitTest test_sum_suite[] = {
    cmocka_unit_test(test_sum__of_one_rank),
    cmocka_unit_test(test_sum__out_of_memory),
    cmocka_unit_test(test_sum__alone),
    {0},
};
