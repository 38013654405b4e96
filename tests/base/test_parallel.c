/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/parallel.h"

#define N 1000

typedef struct job {
    atomic_int calls[N];
    atomic_int worker_max;
    int fail_from; /* indices from here on fail, in their own words */
} job;

static vq_status count_call(void *user, int i, int worker, vq_error *err)
{
    job *j = user;
    atomic_fetch_add(&j->calls[i], 1);
    for (int max = atomic_load(&j->worker_max); worker > max;)
        if (atomic_compare_exchange_weak(&j->worker_max, &max, worker))
            break;
    if (worker < 0 || i >= j->fail_from)
        return vq_fail(err, i % 2 ? VQ_EINPUT : VQ_EIO, "index %d failed", i);
    return VQ_OK;
}

static void test_parallel__every_index_once(void **state)
{
    (void)state;
    vq_error err;
    for (int threads = 1; threads <= 4; threads++) {
        job j = {.fail_from = N};
        assert_ok(parallel_for(threads, N, count_call, &j, &err), &err);
        for (int i = 0; i < N; i++)
            assert_int_equal(atomic_load(&j.calls[i]), 1);
        assert_true(atomic_load(&j.worker_max) < threads);
        assert_ok(parallel_for(threads, 0, count_call, &j, &err), &err);
    }
}

/* Whoever fails first in time, the lowest index is reported. */
static void test_parallel__first_failure(void **state)
{
    (void)state;
    for (int round = 0; round < 100; round++) {
        vq_error err;
        job j = {.fail_from = 501 + round};
        vq_status want = j.fail_from % 2 ? VQ_EINPUT : VQ_EIO;
        char text[32];
        snprintf(text, sizeof text, "index %d failed", j.fail_from);
        assert_fails(parallel_for(1 + round % 4, N, count_call, &j, &err), want, &err,
                     text);
        assert_int_equal(parallel_for(3, N, count_call, &j, NULL), want);
    }
}

/* The two indices of a loop, whose second one takes its time on another thread. */
static vq_status slow_second(void *user, int i, int worker, vq_error *err)
{
    atomic_int *begun = user, *done = begun + 1, *elsewhere = begun + 2;
    const struct timespec moment = {0, 1000000};
    (void)err;
    atomic_fetch_add(begun, 1);
    for (int k = 0; worker == 0 && i == 0 && atomic_load(begun) < 2 && k < 9000; k++)
        nanosleep(&moment, NULL);
    for (int k = 0; worker > 0 && k < 30; k++)
        nanosleep(&moment, NULL);
    atomic_fetch_add(done, 1);
    atomic_fetch_add(elsewhere, worker > 0);
    return VQ_OK;
}

/* Whoever waits for a worker long enough to sleep is woken when it has ended. */
static void test_parallel__slow_worker(void **state)
{
    (void)state;
    vq_error err;
    alarm(60);
    for (int round = 0; round < 3; round++) {
        atomic_int seen[3] = {0};
        assert_ok(parallel_for(2, 2, slow_second, seen, &err), &err);
        assert_int_equal(atomic_load(&seen[1]), 2);
        assert_int_equal(atomic_load(&seen[2]), 1); /* one on either thread */
    }
    alarm(0);
}

/* Without a thread to be had the caller does all of it. */
static void test_parallel__no_threads(void **state)
{
    (void)state;
    vq_error err;
    job j = {.fail_from = N};
    call_fail_at("pthread_create", 1, EAGAIN);
    assert_ok(parallel_for(64, N, count_call, &j, &err), &err);
    assert_true(call_failed());
    for (int i = 0; i < N; i++)
        assert_int_equal(atomic_load(&j.calls[i]), 1);
    assert_true(atomic_load(&j.worker_max) < 63);
}

static void test_parallel__processors(void **state)
{
    (void)state;
    assert_true(parallel_processors() >= 1);
    assert_int_equal(parallel_threads(0), parallel_processors());
    assert_int_equal(parallel_threads(3), 3);
}

/* A loop within a loop, and two loops at once, run all the same. */
static vq_status nested(void *user, int i, int worker, vq_error *err)
{
    (void)i, (void)worker;
    return parallel_for(3, N, count_call, user, err);
}

static void *loop_beside(void *user)
{
    vq_error err;
    for (int i = 0; i < 50; i++)
        assert_ok(parallel_for(3, N, count_call, user, &err), &err);
    return NULL;
}

static void test_parallel__loops_that_meet(void **state)
{
    (void)state;
    vq_error err;
    static job inner, a, b;
    inner.fail_from = a.fail_from = b.fail_from = N;
    assert_ok(parallel_for(4, 8, nested, &inner, &err), &err);
    pthread_t other;
    assert_int_equal(pthread_create(&other, NULL, loop_beside, &a), 0);
    loop_beside(&b);
    pthread_join(other, NULL);
    for (int i = 0; i < N; i++) {
        assert_int_equal(atomic_load(&inner.calls[i]), 8);
        assert_int_equal(atomic_load(&a.calls[i]), 50);
        assert_int_equal(atomic_load(&b.calls[i]), 50);
    }
}

/* Processor time that this process uses while its main thread sleeps for .1 s. */
static double idle_seconds(void)
{
    struct timespec begin, end, rest = {0, 100000000};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    nanosleep(&rest, NULL);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    return (double)(end.tv_sec - begin.tv_sec) +
           1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
}

/* Workers that have nothing to do sleep. (OpenBLAS's do so too, once they have waited
 * for some 30 ms; ours never use them.) */
static void test_parallel__idle_workers_sleep(void **state)
{
    (void)state;
    vq_error err;
    double spent = 1;
    for (int i = 0; i < 5; i++) {
        job j = {.fail_from = N};
        assert_ok(parallel_for(4, N, count_call, &j, &err), &err);
        double now = idle_seconds();
        spent = now < spent ? now : spent;
    }
    if (!(spent < 0.002))
        fail_msg("three idle workers used %g s of .1", spent);
}

/* Eight images of 32x32, one of 256x256; never more than eight. */
static void test_parallel__shard_images(void **state)
{
    (void)state;
    static const int side[][2] = {{4, 8},  {16, 8}, {32, 8},  {33, 7},   {64, 2},
                                  {90, 1}, {91, 1}, {256, 1}, {65535, 1}};
    for (size_t i = 0; i < sizeof side / sizeof *side; i++)
        assert_int_equal(shard_images((int64_t)side[i][0] * side[i][0]), side[i][1]);
    assert_int_equal(shard_images(0), 8);
    assert_int_equal(shard_images(8 * 32 * 32 / 7), 7); /* the largest of which 7 fit */
    assert_int_equal(shard_images(8 * 32 * 32 / 7 + 1), 6);
}

const struct CMUnitTest test_parallel_suite[] = {
    cmocka_unit_test(test_parallel__every_index_once),
    cmocka_unit_test(test_parallel__first_failure),
    cmocka_unit_test(test_parallel__slow_worker),
    cmocka_unit_test(test_parallel__loops_that_meet),
    cmocka_unit_test(test_parallel__idle_workers_sleep),
    cmocka_unit_test(test_parallel__no_threads),
    cmocka_unit_test(test_parallel__processors),
    cmocka_unit_test(test_parallel__shard_images),
    {0},
};
