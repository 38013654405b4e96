/*
 * SPDX-License-Identifier: MIT
 *
 * Nearest code, with the kernels of every instruction set this machine has.
 */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "tensor/nearest.h"
#include "tensor/simd.h"

typedef struct problem {
    simd set; /* whose kernels to run */
    int rows, k, d;
    float *z, *codes, *scratch;
    int32_t *index;
} problem;

static size_t scratch_size(const problem *p)
{
    return p->set.nearest_scratch(p->k, p->d);
}

static void problem_init(problem *p, const simd *set, const int sizes[3], uint64_t seed)
{
    int rows = sizes[0], k = sizes[1], d = sizes[2];
    *p = (problem){.set = *set, .rows = rows, .k = k, .d = d};
    p->z = calloc((size_t)(rows * d) + 1, sizeof *p->z);
    p->codes = calloc((size_t)(k * d), sizeof *p->codes);
    p->scratch = aligned_alloc(64, (scratch_size(p) + 31) / 16 * 64);
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

static void problem_run(problem *p)
{
    size_t n = scratch_size(p);
    for (size_t i = 0; i < n; i++)
        p->scratch[i] = NAN;
    p->scratch[n] = 12345;
    memset(p->index, 0xff, ((size_t)p->rows + 1) * sizeof *p->index);
    p->set.nearest(p->z, p->rows, p->codes, p->k, p->d, p->index, p->scratch);
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
    if (p->index[p->rows] != -1 || p->scratch[scratch_size(p)] != 12345)
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
        const int sizes[] = {(int)test_random(&seed, 150),
                             1 + (int)test_random(&seed, 90),
                             1 + (int)test_random(&seed, 70)};
        for (int i = 0; simd_at(i); i++) {
            problem p;
            problem_init(&p, simd_at(i), sizes, seed);
            problem_run(&p);
            assert_int_equal(first_wrong(&p), -1);
            problem_release(&p);
        }
    }
}

static void test_nearest__model_size(void **state)
{
    (void)state;
    for (int i = 0; simd_at(i); i++) {
        problem p;
        problem_init(&p, simd_at(i), (const int[]){513, 512, 64}, 1);
        problem_run(&p);
        assert_int_equal(first_wrong(&p), -1);
        problem_release(&p);
    }
}

/* A code equal to the row is found; of equal codes the first one, wherever they are. */
static void check_tie(const simd *set, const int sizes[3], int first, int second)
{
    problem p;
    problem_init(&p, set, sizes, 3);
    size_t row = (size_t)p.d * sizeof *p.z;
    for (int i = 0; i < p.rows; i++)
        memcpy(p.z + i * p.d, p.codes + first * p.d, row);
    memcpy(p.codes + second * p.d, p.codes + first * p.d, row);
    problem_run(&p);
    for (int i = 0; i < p.rows; i++)
        assert_int_equal(p.index[i], first < second ? first : second);
    problem_release(&p);
}

static void test_nearest__ties_go_to_lowest(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int round = 0; round < 60; round++) {
        const int sizes[] = {70, 2 + (int)test_random(&seed, 200),
                             1 + (int)test_random(&seed, 20)};
        int first = (int)test_random(&seed, (uint32_t)sizes[1]);
        int second = (int)test_random(&seed, (uint32_t)sizes[1]);
        for (int i = 0; simd_at(i); i++)
            check_tie(simd_at(i), sizes, first, second);
    }
}

/* Whole numbers, so that many distances are exactly equal and none is rounded. */
static void check_exact(const simd *set)
{
    problem p;
    problem_init(&p, set, (const int[]){200, 100, 3}, 4);
    for (int i = 0; i < p.rows * p.d; i++)
        p.z[i] = roundf(4 * p.z[i]);
    for (int i = 0; i < p.k * p.d; i++)
        p.codes[i] = roundf(4 * p.codes[i]);
    problem_run(&p);
    for (int i = 0; i < p.rows; i++) {
        int best = 0;
        for (int j = 1; j < p.k; j++)
            if (distance(&p, i, j) < distance(&p, i, best))
                best = j;
        assert_int_equal(p.index[i], best);
    }
    problem_release(&p);
}

static void test_nearest__exact_ties(void **state)
{
    (void)state;
    for (int i = 0; simd_at(i); i++)
        check_exact(simd_at(i));
}

static void check_not_a_number(const simd *set)
{
    problem p;
    problem_init(&p, set, (const int[]){40, 33, 5}, 8);
    p.z[7 * 5 + 2] = NAN;
    p.z[9 * 5] = INFINITY;
    p.codes[4 * 5 + 1] = NAN;
    problem_run(&p);
    for (int i = 0; i < p.rows; i++) {
        assert_in_range(p.index[i], 0, p.k - 1);
        if (i != 7 && i != 9)
            assert_int_not_equal(p.index[i], 4);
    }
    problem_release(&p);
}

static void test_nearest__not_a_number(void **state)
{
    (void)state;
    for (int i = 0; simd_at(i); i++)
        check_not_a_number(simd_at(i));
}

static void test_nearest__public_function(void **state)
{
    (void)state;
    problem p;
    problem_init(&p, simd_best(), (const int[]){9, 20, 4}, 6);
    p.set.nearest = nearest_code;
    assert_int_equal(nearest_scratch(p.k, p.d), scratch_size(&p));
    problem_run(&p);
    assert_int_equal(first_wrong(&p), -1);
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
    problem_init(&p, simd_best(), (const int[]){130, 7, 4}, 5);
    p.set.nearest = forgetful;
    problem_run(&p);
    assert_true(first_wrong(&p) >= 0);
    p.set.nearest = overrunning;
    problem_run(&p);
    assert_int_equal(first_wrong(&p), -2);
    problem_release(&p);
}

const struct CMUnitTest test_nearest_suite[] = {
    cmocka_unit_test(test_nearest__matches_definition),
    cmocka_unit_test(test_nearest__model_size),
    cmocka_unit_test(test_nearest__ties_go_to_lowest),
    cmocka_unit_test(test_nearest__exact_ties),
    cmocka_unit_test(test_nearest__not_a_number),
    cmocka_unit_test(test_nearest__public_function),
    cmocka_unit_test(test_nearest__wrong_search_is_found),
    {0},
};
