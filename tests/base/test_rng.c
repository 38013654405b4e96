/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"

/* The authors' known answers: Random123, kat_vectors, "philox4x32 10". */
static void test_rng__known_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t out[4];
        philox4x32(known[i].counter, known[i].key, out);
        for (int j = 0; j < 4; j++)
            assert_int_equal(out[j], known[i].out[j]);
    }
}

/* Drawing number p after a jump gives what walking there gives, also past 2^34. */
static void test_rng__position_is_all(void **state)
{
    (void)state;
    rng walk = rng_make(0x0123456789abcdef, RNG_SHUFFLE, 7);
    for (uint64_t p = 0; p < 41; p++) {
        rng jump = rng_make(0x0123456789abcdef, RNG_SHUFFLE, 7);
        jump.position = p;
        assert_int_equal(rng_u32(&jump), rng_u32(&walk));
        assert_int_equal(walk.position, p + 1);
    }
    uint32_t counter[4] = {5, 3, 7, RNG_SHUFFLE};
    uint32_t key[2] = {0x89abcdef, 0x01234567};
    uint32_t out[4];
    philox4x32(counter, key, out);
    rng far = rng_make(0x0123456789abcdef, RNG_SHUFFLE, 7);
    far.position = 4 * ((UINT64_C(3) << 32) + 5) + 2;
    assert_int_equal(rng_u32(&far), out[2]);
}

/* Seed (both halves), stream and sub-stream each give other numbers. */
static void test_rng__streams_differ(void **state)
{
    (void)state;
    rng r[] = {
        rng_make(1, RNG_WEIGHTS, 0), rng_make(2, RNG_WEIGHTS, 0),
        rng_make(1, RNG_WEIGHTS, 1), rng_make(1, RNG_SHUFFLE, 0),
        rng_make(1, RNG_SHAPES, 0),  rng_make(1 + (UINT64_C(1) << 32), RNG_WEIGHTS, 0),
    };
    enum { N = sizeof r / sizeof *r };
    uint32_t x[N];
    for (int i = 0; i < N; i++) {
        x[i] = rng_u32(&r[i]);
        for (int j = 0; j < i; j++)
            assert_int_not_equal(x[i], x[j]);
    }
}

/*
 * With n = 3 * 2^30 a draw without rejection hits one residue of 3 half of the time and
 * the others a quarter each; unbiased draws hit each a third of the time (sigma 82).
 */
static void test_rng__below_is_unbiased(void **state)
{
    (void)state;
    const uint32_t n = UINT32_C(3) << 30;
    rng r = rng_make(1, RNG_SHUFFLE, 0);
    int hits[3] = {0};
    for (int i = 0; i < 30000; i++) {
        uint32_t x = rng_below(&r, n);
        assert_true(x < n);
        hits[x % 3]++;
    }
    for (int i = 0; i < 3; i++)
        assert_in_range(hits[i], 10000 - 400, 10000 + 400);
    assert_in_range(r.position, 40000 - 600, 40000 + 600); /* 4/3 draws a number */
}

static void test_rng__below_small(void **state)
{
    (void)state;
    rng r = rng_make(1, RNG_SHUFFLE, 0);
    int hits[5] = {0};
    for (int i = 0; i < 5000; i++) {
        assert_int_equal(rng_below(&r, 1), 0);
        hits[rng_below(&r, 5)]++;
    }
    for (int i = 0; i < 5; i++)
        assert_in_range(hits[i], 1000 - 130, 1000 + 130);
}

static void test_rng__uniform(void **state)
{
    (void)state;
    rng r = rng_make(3, RNG_WEIGHTS, 0);
    double sum = 0, squares = 0;
    enum { N = 100000 };
    for (int i = 0; i < N; i++) {
        double x = (double)rng_uniform(&r, -0.25f, 0.75f);
        assert_true(x >= -0.25 && x < 0.75);
        sum += x;
        squares += (x - 0.25) * (x - 0.25);
    }
    float moments[] = {(float)(sum / N), (float)(squares / N)};
    assert_close(moments, ((float[]){0.25f, 1.0f / 12}), 2, 0.003, 0);
}

/* Between neighbouring floats every second sum rounds up to `high`: never returned. */
static void test_rng__uniform_excludes_high(void **state)
{
    (void)state;
    rng r = rng_make(3, RNG_WEIGHTS, 0);
    for (int i = 0; i < 100; i++) {
        float x = rng_uniform(&r, 1, 1 + 0x1p-23f);
        if (!(x == 1))
            fail_msg("%.9g, want 1", (double)x);
    }
}

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Largest distance of sorted x from the normal distribution function. */
static double distance_to_normal(const float *x, int n)
{
    double worst = 0;
    for (int i = 0; i < n; i++) {
        double p = 0.5 * erfc(-(double)x[i] / sqrt(2.0));
        worst =
            fmax(worst, fmax(fabs(p - i / (double)n), fabs(p - (i + 1) / (double)n)));
    }
    return worst;
}

/* Kolmogorov-Smirnov: 1.95 / sqrt(n) is exceeded once in a thousand seeds. */
static void test_rng__normal(void **state)
{
    (void)state;
    enum { N = 50000 };
    static float x[N];
    rng r = rng_make(4, RNG_WEIGHTS, 0);
    double sum = 0, squares = 0;
    for (int i = 0; i < N; i++) {
        x[i] = rng_normal(&r);
        sum += (double)x[i];
        squares += (double)x[i] * (double)x[i];
    }
    float moments[] = {(float)(sum / N), (float)(squares / N)};
    assert_close(moments, ((float[]){0, 1}), 2, 0.02, 0);
    qsort(x, N, sizeof *x, compare);
    const double limit = 1.95 / sqrt(N);
    if (!(distance_to_normal(x, N) < limit))
        fail_msg("distance %g, limit %g", distance_to_normal(x, N), limit);
    for (int i = 0; i < N; i++)
        x[i] *= 1.03f; /* the checker objects to a spread that is 3% off */
    if (!(distance_to_normal(x, N) > limit))
        fail_msg("distance %g, limit %g", distance_to_normal(x, N), limit);
}

/*
 * No C library function is in the way, so these are the numbers of every machine. They
 * were computed by a second implementation, in Python.
 */
static void test_rng__golden(void **state)
{
    (void)state;
    rng r = rng_make(1, RNG_WEIGHTS, 0);
    float x[4];
    for (int i = 0; i < 4; i++)
        x[i] = i < 2 ? rng_uniform(&r, -1, 1) : rng_normal(&r);
    static const float want[4] = {-0x1.b61048p-1f, -0x1.87ee30p-1f, -0x1.00f4e0p+0f,
                                  0x1.077ce4p-2f};
    assert_close(x, want, 4, 0, 0);
}

const struct CMUnitTest test_rng_suite[] = {
    cmocka_unit_test(test_rng__known_answers),
    cmocka_unit_test(test_rng__position_is_all),
    cmocka_unit_test(test_rng__streams_differ),
    cmocka_unit_test(test_rng__below_is_unbiased),
    cmocka_unit_test(test_rng__below_small),
    cmocka_unit_test(test_rng__uniform),
    cmocka_unit_test(test_rng__uniform_excludes_high),
    cmocka_unit_test(test_rng__normal),
    cmocka_unit_test(test_rng__golden),
    {0},
};
