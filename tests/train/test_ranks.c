/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/ranks.h"
#include "train/lab.h"

/* A training that ranks share; one of them may have been given something else. */
typedef struct shared_run {
    vq_config config;
    int odd; /* -1: none */
    double odd_lr;
    char odd_data[300];
    lab *l;
} shared_run;

static vq_status train(void *user, int rank, vq_error *err)
{
    const shared_run *r = user;
    vq_config c = r->config;
    if (rank == r->odd && r->odd_lr > 0)
        c.lr = r->odd_lr;
    if (rank == r->odd && r->odd_data[0])
        snprintf(c.data, sizeof c.data, "%s", r->odd_data);
    return vq_train(&c, lab_watch, r->l, err);
}

/* A batch of 44 pictures has six shards. */
static shared_run shared(lab *l, int kind, const char *run, int64_t steps)
{
    shared_run r = {.config = lab_kind(l, kind, run, steps), .odd = -1, .l = l};
    r.config.batch_size = 44;
    r.config.threads = 1;
    return r;
}

static void assert_same_run(const shared_run *a, const shared_run *b)
{
    lab_assert_same(&a->config, &b->config, "model.safetensors");
    lab_assert_same(&a->config, &b->config, "checkpoint.safetensors");
}

/* Any number of ranks leaves the bytes of one, and goes on with what another began. */
static void test_ranks__same_bytes(void **state)
{
    (void)state;
    static const char *const names[] = {"none", "one", "two", "three"};
    lab *l = lab_open(60);
    rank_result result[RANKS_MAX];
    for (int kind = 0; kind < LAB_KINDS; kind++) {
        shared_run first = shared(l, kind, names[1], 3);
        first.config.init_codes = VQ_CODES_KMEANS;
        first.config.force = true;
        ranks_run(1, train, &first, result);
        assert_ranks(result, 1, VQ_OK, "");
        for (int ranks = 2; ranks <= 3; ranks++) {
            shared_run r = first;
            snprintf(r.config.out, sizeof r.config.out, "%s/%s", l->folder,
                     names[ranks]);
            l->stop_at = 2;
            ranks_run(ranks, train, &r, result);
            assert_ranks(result, ranks, VQ_ESTOPPED, "stopped at step 2");
            l->stop_at = 0;
            r.config.force = false;
            r.config.resume = true;
            ranks_run(5 - ranks, train, &r, result);
            assert_ranks(result, 5 - ranks, VQ_OK, "");
            assert_same_run(&first, &r);
        }
    }
    lab_close(l);
}

/* What must be alike is compared before anything is written. */
static void test_ranks__must_be_alike(void **state)
{
    (void)state;
    lab *l = lab_open(60);
    rank_result result[RANKS_MAX];
    shared_run r = shared(l, 0, "run", 2);
    size_t size;
    r.odd = 1;
    r.odd_lr = 0.5;
    ranks_run(2, train, &r, result);
    assert_ranks(result, 2, VQ_EINPUT, "rank 1: the settings are not rank 0's");
    r.odd_lr = 0;
    snprintf(r.odd_data, sizeof r.odd_data, "shapes");
    ranks_run(2, train, &r, result);
    assert_ranks(result, 2, VQ_EINPUT, "rank 1: the data is not rank 0's");
    snprintf(r.odd_data, sizeof r.odd_data, "%s/none", l->folder);
    ranks_run(3, train, &r, result);
    assert_ranks(result, 3, VQ_EIO, "rank 1: cannot open");
    assert_int_equal(l->steps, 0);
    r.odd = -1;
    ranks_run(2, train, &r, result); /* the folder is as if none of it had been */
    assert_ranks(result, 2, VQ_OK, "");
    free(lab_file(&r.config, "model.safetensors", &size));
    lab_close(l);
}

/* More ranks than a batch has work for: told of, and nothing else. */
static void test_ranks__idle(void **state)
{
    (void)state;
    lab *l = lab_open(20);
    rank_result result[RANKS_MAX];
    shared_run r = shared(l, 0, "run", 1);
    size_t size;
    r.config.batch_size = 9;
    ranks_run(3, train, &r, result);
    assert_ranks(result, 3, VQ_OK, "");
    char *log = (char *)lab_file(&r.config, "log.jsonl", &size);
    log = realloc(log, size + 1);
    assert_non_null(log);
    log[size] = '\0';
    assert_non_null(strstr(log, "a batch of 9 keeps 2 ranks busy, of 3"));
    free(log);
    lab_close(l);
}

/* Whichever rank is out of memory, and for what, all end with that. Some of the
 * allocations: test_trainer has each fail in turn. */
static void test_ranks__fail_together(void **state)
{
    (void)state;
    lab *l = lab_open(20);
    rank_result result[RANKS_MAX] = {{VQ_ENOMEM, {""}}};
    shared_run r = shared(l, 0, "run", 1);
    int failures = 0;
    r.config.force = true;
    for (long at = 1; result[0].status != VQ_OK; at += 1 + at / 3, failures++) {
        support_alloc_fail_at(at);
        ranks_run(2, train, &r, result);
        support_alloc_fail_at(0);
        if (result[0].status != VQ_OK)
            assert_ranks(result, 2, VQ_ENOMEM, "memory");
    }
    assert_ranks(result, 2, VQ_OK, "");
    assert_true(failures > 8);
    lab_close(l);
}

const struct CMUnitTest test_ranks_suite[] = {
    cmocka_unit_test(test_ranks__same_bytes),
    cmocka_unit_test(test_ranks__must_be_alike),
    cmocka_unit_test(test_ranks__idle),
    cmocka_unit_test(test_ranks__fail_together),
    {0},
};
