/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdlib.h>

#include "random.h"
#include "tensor/gemm.h"

#define SIDE 23

static double at(mat m, int i, int j)
{
    return (double)(m.transposed ? m.v[j * m.ld + i] : m.v[i * m.ld + j]);
}

/* One product of random sizes and row strides, all four transpositions. */
static void multiply(uint64_t *seed, bool ta, bool tb, bool accumulate)
{
    float va[SIDE * SIDE], vb[SIDE * SIDE], c[SIDE * SIDE], want[SIDE * SIDE];
    int m = 1 + (int)test_random(seed, 20), n = 1 + (int)test_random(seed, 20);
    int k = 1 + (int)test_random(seed, 20);
    for (int i = 0; i < SIDE * SIDE; i++) {
        va[i] = test_uniform(seed);
        vb[i] = test_uniform(seed);
        want[i] = c[i] = test_uniform(seed);
    }
    mat a = {va, ta ? k : m, ta ? m : k, SIDE, ta};
    mat b = {vb, tb ? n : k, tb ? k : n, SIDE, tb};
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++) {
            double sum = accumulate ? (double)want[i * SIDE + j] : 0;
            for (int e = 0; e < k; e++)
                sum += at(a, i, e) * at(b, e, j);
            want[i * SIDE + j] = (float)sum;
        }
    gemm(c, SIDE, a, b, accumulate);
    assert_close(c, want, SIDE * SIDE, 4e-6, 0);
}

static void test_gemm__matches_definition(void **state)
{
    (void)state;
    uint64_t seed = 5;
    for (int round = 0; round < 200; round++)
        multiply(&seed, round & 1, round & 2, round & 4);
}

static void test_gemm__empty(void **state)
{
    (void)state;
    float a[1] = {1}, c[1] = {7};
    gemm(c, 1, mat_of(a, 0, 1), mat_of(a, 1, 1), false);
    assert_close(c, (float[]){7}, 1, 0, 0);
}

const struct CMUnitTest test_gemm_suite[] = {
    cmocka_unit_test(test_gemm__matches_definition),
    cmocka_unit_test(test_gemm__empty),
    {0},
};
