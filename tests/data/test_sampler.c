/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "data/sampler.h"

#define MAX_BATCH 16

/* Every multiset property is one of counts: how often each image turns up. */
static void count_images(const int64_t *index, int batch, int64_t n, int *count)
{
    for (int i = 0; i < batch; i++) {
        assert_true(index[i] >= 0 && index[i] < n);
        count[index[i]]++;
    }
}

static void assert_all_counts(const int *count, int64_t n, int low, int high)
{
    for (int64_t i = 0; i < n; i++)
        if (count[i] < low || count[i] > high)
            fail_msg("image %d turns up %d times, want %d to %d", (int)i, count[i], low,
                     high);
}

/* 5 steps of 4 over 10 images: the third batch spans two epochs. */
static void test_sampler__epochs_are_permutations(void **state)
{
    (void)state;
    vq_error err;
    sampler s;
    assert_ok(sampler_init(&s, SAMPLER_EPOCHS, 10, 4, 1, &err), &err);
    int64_t stream[20];
    for (int step = 0; step < 5; step++)
        sampler_batch(&s, step, stream + 4 * step);
    for (int epoch = 0; epoch < 2; epoch++) {
        int count[10] = {0};
        count_images(stream + 10 * epoch, 10, 10, count);
        assert_all_counts(count, 10, 1, 1);
    }
    assert_memory_not_equal(stream, stream + 10, 10 * sizeof *stream);
    sampler_release(&s);
    sampler_release(&s);
}

/* A batch of 8 over 3 images needs four epochs; each is still a permutation. */
static void test_sampler__epochs_smaller_than_a_batch(void **state)
{
    (void)state;
    vq_error err;
    sampler s;
    assert_ok(sampler_init(&s, SAMPLER_EPOCHS, 3, 8, 1, &err), &err);
    int64_t stream[24];
    for (int step = 0; step < 3; step++)
        sampler_batch(&s, step, stream + 8 * step);
    for (int epoch = 0; epoch < 8; epoch++) {
        int count[3] = {0};
        count_images(stream + 3 * epoch, 3, 3, count);
        assert_all_counts(count, 3, 1, 1);
    }
    sampler_release(&s);
}

/* Each of the 24 orders of 4 images comes up as often as any other (sigma 31). */
static void test_sampler__epochs_are_fair(void **state)
{
    (void)state;
    enum { EPOCHS = 24000 };
    vq_error err;
    sampler s;
    assert_ok(sampler_init(&s, SAMPLER_EPOCHS, 4, 4, 3, &err), &err);
    int count[256] = {0}, orders = 0;
    for (int step = 0; step < EPOCHS; step++) {
        int64_t x[4];
        sampler_batch(&s, step, x);
        count[x[0] + 4 * x[1] + 16 * x[2] + 64 * x[3]]++;
    }
    for (int i = 0; i < 256; i++) {
        orders += count[i] > 0;
        if (count[i] > 0)
            assert_in_range(count[i], 1000 - 150, 1000 + 150);
    }
    assert_int_equal(orders, 24);
    sampler_release(&s);
}

static void test_sampler__seeds_differ(void **state)
{
    (void)state;
    for (int mode = SAMPLER_EPOCHS; mode <= SAMPLER_FRESH; mode++) {
        vq_error err;
        sampler a, b;
        assert_ok(sampler_init(&a, (sampler_mode)mode, 1000, 8, 1, &err), &err);
        assert_ok(sampler_init(&b, (sampler_mode)mode, 1000, 8, 2, &err), &err);
        int64_t x[8], y[8], z[8];
        sampler_batch(&a, 0, x);
        sampler_batch(&b, 0, y);
        sampler_batch(&a, 1, z);
        assert_memory_not_equal(x, y, sizeof x);
        assert_memory_not_equal(x, z, sizeof x);
        sampler_release(&a);
        sampler_release(&b);
    }
}

/* Steps asked for in any order, from one sampler or a new one, are those of a walk. */
static void check_jump_is_walk(sampler_mode mode, int64_t n, int batch)
{
    enum { STEPS = 40 };
    vq_error err;
    sampler walk;
    assert_ok(sampler_init(&walk, mode, n, batch, 9, &err), &err);
    int64_t want[STEPS][MAX_BATCH], got[MAX_BATCH];
    for (int step = 0; step < STEPS; step++)
        sampler_batch(&walk, step, want[step]);
    for (int i = 0; i < STEPS; i++) {
        int step = i * 27 % STEPS; /* 27 and 40 share no factor: every step once */
        sampler jump;
        assert_ok(sampler_init(&jump, mode, n, batch, 9, &err), &err);
        sampler_batch(&jump, step, got);
        assert_memory_equal(got, want[step], (size_t)batch * sizeof *got);
        sampler_batch(&walk, step, got);
        assert_memory_equal(got, want[step], (size_t)batch * sizeof *got);
        sampler_release(&jump);
    }
    sampler_release(&walk);
}

static void test_sampler__jump_is_walk(void **state)
{
    (void)state;
    static const struct {
        int64_t n;
        int batch;
    } sizes[] = {{100, 7}, {10, 10}, {3, 16}, {1, 4}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check_jump_is_walk(SAMPLER_EPOCHS, sizes[i].n, sizes[i].batch);
        check_jump_is_walk(SAMPLER_FRESH, sizes[i].n, sizes[i].batch);
    }
}

/* The head of a whole shuffle of 0..n-1, done the plain way. */
static void shuffle_head(uint64_t seed, uint32_t sub, int n, int batch, int64_t *index)
{
    int64_t *all = malloc((size_t)n * sizeof *all);
    for (int i = 0; i < n; i++)
        all[i] = i;
    rng r = rng_make(seed, RNG_SHUFFLE, sub);
    for (int i = 0; i < n; i++) {
        int j = i + (int)rng_below(&r, (uint32_t)(n - i));
        int64_t x = all[i];
        all[i] = all[j];
        all[j] = x;
    }
    memcpy(index, all, (size_t)batch * sizeof *index);
    free(all);
}

/* Fresh batches are heads of whole shuffles, and leave the list as it was. */
static void test_sampler__fresh_is_head_of_shuffle(void **state)
{
    (void)state;
    vq_error err;
    sampler s;
    assert_ok(sampler_init(&s, SAMPLER_FRESH, 20, 8, 5, &err), &err);
    for (int step = 0; step < 200; step++) {
        int64_t got[8], want[8];
        sampler_batch(&s, step, got);
        shuffle_head(5, (uint32_t)step, 20, 8, want);
        assert_memory_equal(got, want, sizeof got);
        for (int i = 0; i < 20; i++)
            assert_int_equal(s.order[i], i);
    }
    sampler_release(&s);
}

/* A batch of 8 over 3 images: two whole shuffles and two images of a third. */
static void test_sampler__fresh_smaller_than_a_batch(void **state)
{
    (void)state;
    vq_error err;
    sampler s;
    assert_ok(sampler_init(&s, SAMPLER_FRESH, 3, 8, 5, &err), &err);
    for (int step = 0; step < 50; step++) {
        int64_t index[8];
        int count[3] = {0};
        sampler_batch(&s, step, index);
        count_images(index, 8, 3, count);
        assert_all_counts(count, 3, 2, 3);
    }
    sampler_release(&s);
}

static void test_sampler__order(void **state)
{
    (void)state;
    vq_error err;
    static const int32_t given[5] = {4, 4, 0, 6, 1};
    int32_t *order = malloc(sizeof given);
    memcpy(order, given, sizeof given);
    sampler s;
    assert_ok(sampler_init_order(&s, order, 5, 7, 3, &err), &err);
    static const int64_t want[4][3] = {{4, 4, 0}, {6, 1, 4}, {4, 0, 6}, {1, 4, 4}};
    for (int i = 0; i < 8; i++) {
        int step = i * 3 % 4;
        int64_t got[3];
        sampler_batch(&s, step, got);
        assert_memory_equal(got, want[step], sizeof got);
    }
    sampler_release(&s);
}

static void test_sampler__order_out_of_range(void **state)
{
    (void)state;
    static const int32_t bad[] = {7, -1};
    static const char *const part[] = {
        "entry 1 of the order is image 7, outside [0, 7)",
        "entry 1 of the order is image -1, outside"};
    for (int i = 0; i < 2; i++) {
        vq_error err;
        sampler s;
        int32_t *order = malloc(2 * sizeof *order);
        order[0] = 6;
        order[1] = bad[i];
        assert_fails(sampler_init_order(&s, order, 2, 7, 3, &err), VQ_EINPUT, &err,
                     part[i]);
        sampler_release(&s);
    }
    vq_error err;
    sampler s;
    assert_fails(sampler_init_order(&s, NULL, 0, 7, 3, &err), VQ_EINPUT, &err,
                 "the order of images is empty");
    sampler_release(&s);
}

static void test_sampler__bad_sizes(void **state)
{
    (void)state;
    vq_error err;
    sampler s;
    assert_fails(sampler_init(&s, SAMPLER_EPOCHS, 0, 4, 1, &err), VQ_EINPUT, &err,
                 "cannot sample from 0 images");
    sampler_release(&s);
    assert_fails(sampler_init(&s, SAMPLER_FRESH, INT64_C(1) << 31, 4, 1, &err),
                 VQ_EINPUT, &err, "cannot sample from 2147483648 images");
    sampler_release(&s);
    support_alloc_fail_at(1);
    assert_fails(sampler_init(&s, SAMPLER_FRESH, 100, 4, 1, &err), VQ_ENOMEM, &err,
                 "cannot allocate 400 bytes");
    sampler_release(&s);
}

/* In proportion to the weights, the same in any order of steps, other for a seed. */
static void test_sampler__weights(void **state)
{
    (void)state;
    enum { STEPS = 500, BATCH = 8 };
    static const int64_t weight[] = {1, INT64_C(5) << 31, INT64_C(2) << 31, 1,
                                     INT64_C(1) << 31};
    static const double share[] = {0, 0.625, 0.25, 0, 0.125};
    vq_error err;
    sampler s, other;
    int64_t index[BATCH], again[BATCH];
    int count[5] = {0}, same = 0;
    assert_ok(sampler_init_weights(&s, weight, 5, BATCH, 1, &err), &err);
    assert_ok(sampler_init_weights(&other, weight, 5, BATCH, 2, &err), &err);
    for (int64_t step = STEPS - 1; step >= 0; step--) {
        sampler_batch(&s, step, index);
        sampler_batch(&other, step, again);
        for (int i = 0; i < BATCH; i++) {
            count[index[i]]++;
            same += index[i] == again[i];
        }
    }
    for (int k = 0; k < 5; k++)
        assert_true(fabs(count[k] / (double)(STEPS * BATCH) - share[k]) < 0.03);
    assert_true(same < STEPS * BATCH * 0.55); /* by chance .47 */
    sampler_batch(&s, 7, index);
    sampler_batch(&s, 0, again);
    sampler_batch(&s, 7, again);
    assert_memory_equal(index, again, sizeof index);
    sampler_release(&s);
    sampler_release(&other);
    assert_fails(sampler_init_weights(&s, weight, 0, 4, 1, &err), VQ_EINPUT, &err,
                 "cannot sample from 0 images");
    support_alloc_fail_at(1);
    assert_fails(sampler_init_weights(&s, weight, 5, 4, 1, &err), VQ_ENOMEM, &err,
                 "out of memory");
    support_alloc_fail_at(0);
}

/* A batch allocates nothing: a training step must not. */
static void test_sampler__batch_does_not_allocate(void **state)
{
    (void)state;
    for (int mode = SAMPLER_EPOCHS; mode <= SAMPLER_FRESH; mode++) {
        vq_error err;
        sampler s;
        int64_t index[8];
        assert_ok(sampler_init(&s, (sampler_mode)mode, 20, 8, 1, &err), &err);
        support_alloc_reset();
        for (int step = 0; step < 20; step++)
            sampler_batch(&s, step, index);
        assert_int_equal(support_alloc_count(), 0);
        sampler_release(&s);
    }
}

const struct CMUnitTest test_sampler_suite[] = {
    cmocka_unit_test(test_sampler__epochs_are_permutations),
    cmocka_unit_test(test_sampler__epochs_smaller_than_a_batch),
    cmocka_unit_test(test_sampler__epochs_are_fair),
    cmocka_unit_test(test_sampler__seeds_differ),
    cmocka_unit_test(test_sampler__jump_is_walk),
    cmocka_unit_test(test_sampler__fresh_is_head_of_shuffle),
    cmocka_unit_test(test_sampler__fresh_smaller_than_a_batch),
    cmocka_unit_test(test_sampler__order),
    cmocka_unit_test(test_sampler__order_out_of_range),
    cmocka_unit_test(test_sampler__bad_sizes),
    cmocka_unit_test(test_sampler__weights),
    cmocka_unit_test(test_sampler__batch_does_not_allocate),
    {0},
};
