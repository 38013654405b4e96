/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "autograd/net.h"
#include "cluster/ranks.h"
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

/* `slots` rows of SIZE floats, and their sum as the tree makes it; both owned. */
static void make_rows(int slots, float **rows, float **sum)
{
    const size_t n = (size_t)slots * SIZE;
    *rows = malloc(n * sizeof **rows);
    *sum = malloc(n * sizeof **sum);
    assert_true(*rows && *sum);
    net_fill(*rows, n, 7, -1, 1);
    memcpy(*sum, *rows, n * sizeof **rows);
    for (int step = 1; step < slots; step *= 2)
        for (int i = 0; i + step < slots; i += 2 * step)
            for (size_t k = 0; k < SIZE; k++)
                (*sum)[(size_t)i * SIZE + k] += (*sum)[(size_t)(i + step) * SIZE + k];
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
            float *rows, *want;
            make_rows(slots, &rows, &want);
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

/* What the ranks of a sum have: all rows, of which each takes its own. */
typedef struct shared_sum {
    int slots;
    const float *rows;
    float *sum[RANKS_MAX]; /* what each has in the end */
    atomic_int calls[4];
    int fails; /* a rank whose look at a block fails; -1: none */
} shared_sum;

static vq_status look(void *user, int i, int worker, vq_error *err)
{
    shared_sum *all = user;
    count(all->calls, i, worker, err);
    return cluster_rank() == all->fails ? vq_fail(err, VQ_EIO, "block %d", i) : VQ_OK;
}

static vq_status add_up(void *user, int rank, vq_error *err)
{
    shared_sum *all = user;
    cluster_sum s;
    vq_status status;
    TRY(cluster_sum_init(&s, all->slots, SIZE, 1, err));
    float *rows = all->sum[rank] =
        calloc((size_t)cluster_sum_rows(&s) * SIZE, sizeof *rows);
    if (rows)
        memcpy(rows, all->rows + (size_t)s.first * SIZE,
               (size_t)(s.end - s.first) * SIZE * sizeof *rows);
    TRY(cluster_sum_run(&s, rows, look, all, err));
out:
    cluster_sum_release(&s);
    return status;
}

/* Several ranks have the bits of one, those without a slot of their own as well. */
static void test_sum__of_several_ranks(void **state)
{
    (void)state;
    rank_result result[RANKS_MAX];
    for (int slots = 1; slots <= 9; slots++)
        for (int ranks = 2; ranks <= RANKS_MAX; ranks++) {
            shared_sum all = {.slots = slots, .fails = -1};
            float *rows, *want;
            make_rows(slots, &rows, &want);
            all.rows = rows;
            ranks_run(ranks, add_up, &all, result);
            assert_ranks(result, ranks, VQ_OK, "");
            for (int r = 0; r < ranks; r++) {
                assert_memory_equal(all.sum[r], want, SIZE * sizeof *want);
                free(all.sum[r]);
            }
            for (int i = 0; i < 4; i++)
                assert_int_equal(atomic_load(&all.calls[i]), ranks);
            free(want);
            free(rows);
        }
}

/* What fails when a block is looked at, on one rank, ends them all. */
static void test_sum__look_fails(void **state)
{
    (void)state;
    rank_result result[RANKS_MAX];
    shared_sum all = {.slots = 4, .fails = 1};
    float *rows, *want;
    make_rows(4, &rows, &want);
    all.rows = rows;
    ranks_run(2, add_up, &all, result);
    assert_ranks(result, 2, VQ_EIO, "rank 1: block 0");
    free(all.sum[0]);
    free(all.sum[1]);
    all.fails = 0;
    ranks_run(1, add_up, &all, result);
    assert_ranks(result, 1, VQ_EIO, "block 0");
    free(all.sum[0]);
    free(want);
    free(rows);
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
    cmocka_unit_test(test_sum__of_several_ranks),
    cmocka_unit_test(test_sum__look_fails),
    cmocka_unit_test(test_sum__out_of_memory),
    cmocka_unit_test(test_sum__alone),
    {0},
};
