/* SPDX-License-Identifier: MIT */
#include "conv_checks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/nearest.h"

typedef void nearest_fn(const float *z, int rows, const float *codes, int k, int d,
                        int32_t *index, float *scratch);

typedef struct problem {
    int rows, k, d;
    float *z, *codes, *scratch;
    int32_t *index;
} problem;

static void problem_init(problem *p, int rows, int k, int d, uint64_t seed)
{
    *p = (problem){.rows = rows, .k = k, .d = d};
    p->z = calloc((size_t)(rows * d) + 1, sizeof *p->z);
    p->codes = calloc((size_t)(k * d), sizeof *p->codes);
    p->scratch = aligned_alloc(64, (nearest_scratch(k, d) + 31) / 16 * 64);
    p->index = calloc((size_t)rows + 1, sizeof *p->index);
    assert_true(p->z && p->codes && p->scratch && p->index);
    for (int i = 0; i < rows * d; i++)
        p->z[i] = test_uniform(&seed);
    for (int i = 0; i < k * d; i++)
        p->codes[i] = test_uniform(&seed);
}

static void problem_release(problem *p)
{
    free(p->z);
    free(p->codes);
    free(p->scratch);
    free(p->index);
}

static void problem_run(problem *p, nearest_fn *nearest)
{
    size_t n = nearest_scratch(p->k, p->d);
    for (size_t i = 0; i < n; i++)
        p->scratch[i] = NAN;
    p->scratch[n] = 12345;
    memset(p->index, 0xff, ((size_t)p->rows + 1) * sizeof *p->index);
    nearest(p->z, p->rows, p->codes, p->k, p->d, p->index, p->scratch);
}

static double distance(const problem *p, int row, int code)
{
    double sum = 0;
    for (int j = 0; j < p->d; j++) {
        double e = (double)p->z[row * p->d + j] - (double)p->codes[code * p->d + j];
        sum += e * e;
    }
    return sum;
}

/* The first row whose index is not its nearest code within rounding; -1 if none, -2 if
 * memory past the end was written. */
static int first_wrong(const problem *p)
{
    if (p->index[p->rows] != -1 || p->scratch[nearest_scratch(p->k, p->d)] != 12345)
        return -2;
    for (int i = 0; i < p->rows; i++) {
        if (p->index[i] < 0 || p->index[i] >= p->k)
            return i;
        double least = HUGE_VAL;
        for (int j = 0; j < p->k; j++)
            least = fmin(least, distance(p, i, j));
        if (!(distance(p, i, p->index[i]) <= least + 1e-5))
            return i;
    }
    return -1;
}

static void test_nearest__matches_definition(void **state)
{
    (void)state;
    uint64_t seed = 11;
    for (int round = 0; round < 40; round++) {
        problem p;
        problem_init(&p, (int)test_random(&seed, 150), 1 + (int)test_random(&seed, 90),
                     1 + (int)test_random(&seed, 70), seed);
        problem_run(&p, nearest_code);
        assert_int_equal(first_wrong(&p), -1);
        problem_release(&p);
    }
}

static void test_nearest__model_size(void **state)
{
    (void)state;
    problem p;
    problem_init(&p, 513, 512, 64, 1);
    problem_run(&p, nearest_code);
    assert_int_equal(first_wrong(&p), -1);
    problem_release(&p);
}

/* A code equal to the row is found; of equal codes the first one, wherever they are. */
static void test_nearest__ties_go_to_lowest(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int round = 0; round < 60; round++) {
        int k = 2 + (int)test_random(&seed, 200), d = 1 + (int)test_random(&seed, 20);
        int first = (int)test_random(&seed, (uint32_t)k);
        int second = (int)test_random(&seed, (uint32_t)k);
        problem p;
        problem_init(&p, 70, k, d, seed);
        for (int i = 0; i < p.rows; i++)
            memcpy(p.z + i * d, p.codes + first * d, (size_t)d * sizeof *p.z);
        memcpy(p.codes + second * d, p.codes + first * d, (size_t)d * sizeof *p.z);
        problem_run(&p, nearest_code);
        for (int i = 0; i < p.rows; i++)
            assert_int_equal(p.index[i], first < second ? first : second);
        problem_release(&p);
    }
}

/* Whole numbers, so that many distances are exactly equal and none is rounded. */
static void test_nearest__exact_ties(void **state)
{
    (void)state;
    problem p;
    problem_init(&p, 200, 100, 3, 4);
    for (int i = 0; i < p.rows * p.d; i++)
        p.z[i] = roundf(4 * p.z[i]);
    for (int i = 0; i < p.k * p.d; i++)
        p.codes[i] = roundf(4 * p.codes[i]);
    problem_run(&p, nearest_code);
    for (int i = 0; i < p.rows; i++) {
        int best = 0;
        for (int j = 1; j < p.k; j++)
            if (distance(&p, i, j) < distance(&p, i, best))
                best = j;
        assert_int_equal(p.index[i], best);
    }
    problem_release(&p);
}

static void test_nearest__not_a_number(void **state)
{
    (void)state;
    problem p;
    problem_init(&p, 40, 33, 5, 8);
    p.z[7 * 5 + 2] = NAN;
    p.z[9 * 5] = INFINITY;
    p.codes[4 * 5 + 1] = NAN;
    problem_run(&p, nearest_code);
    for (int i = 0; i < p.rows; i++) {
        assert_in_range(p.index[i], 0, p.k - 1);
        if (i != 7 && i != 9)
            assert_int_not_equal(p.index[i], 4);
    }
    problem_release(&p);
}

/* Wrong on purpose: the last code is never looked at. */
static void forgetful(const float *z, int rows, const float *codes, int k, int d,
                      int32_t *index, float *scratch)
{
    nearest_code(z, rows, codes, k - 1, d, index, scratch);
}

static void overrunning(const float *z, int rows, const float *codes, int k, int d,
                        int32_t *index, float *scratch)
{
    nearest_code(z, rows, codes, k, d, index, scratch);
    index[rows] = 0;
}

static void test_nearest__wrong_search_is_found(void **state)
{
    (void)state;
    problem p;
    problem_init(&p, 130, 7, 4, 5);
    problem_run(&p, forgetful);
    assert_true(first_wrong(&p) >= 0);
    problem_run(&p, overrunning);
    assert_int_equal(first_wrong(&p), -2);
    problem_release(&p);
}

const struct CMUnitTest test_nearest_suite[] = {
    cmocka_unit_test(test_nearest__matches_definition),
    cmocka_unit_test(test_nearest__model_size),
    cmocka_unit_test(test_nearest__ties_go_to_lowest),
    cmocka_unit_test(test_nearest__exact_ties),
    cmocka_unit_test(test_nearest__not_a_number),
    cmocka_unit_test(test_nearest__wrong_search_is_found),
    {0},
};
