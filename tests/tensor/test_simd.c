/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "tensor/simd.h"

static void test_simd__environment_picks(void **state)
{
    (void)state;
    for (int i = 0; simd_at(i); i++) {
        assert_int_equal(setenv("VQVAE_SIMD", simd_at(i)->name, 1), 0);
        assert_ptr_equal(simd_best(), simd_at(i));
    }
    assert_int_equal(setenv("VQVAE_SIMD", "abacus", 1), 0);
    assert_ptr_equal(simd_best(), simd_at(0));
    assert_int_equal(unsetenv("VQVAE_SIMD"), 0);
    assert_ptr_equal(simd_best(), simd_at(0));
}

static void test_simd__generic_is_last(void **state)
{
    (void)state;
    int n = 0;
    while (simd_at(n))
        n++;
    assert_ptr_equal(simd_at(n - 1), &simd_generic);
    for (int i = 0; simd_at(i); i++)
        assert_non_null(simd_at(i)->conv[0]);
}

/* ---- the passes between convolutions: every set against the definitions ------------
 */

#define N 37 /* not a multiple of any vector */

typedef struct operands {
    float a[N], b[N], y[N];
} operands;

static operands operands_make(void)
{
    operands o = {.y = {0}};
    for (int i = 0; i < N; i++) {
        o.a[i] = (float)(i * 7 % 11) - 5;
        o.b[i] = (float)(i * 5 % 13) / 4 - 1;
    }
    o.a[3] = NAN;
    o.a[20] = -0.0f;
    o.a[36] = INFINITY;
    return o;
}

/* What a set makes of the operands; `in_place` asks for y over the first of them. */
typedef void element_fn(const simd *set, operands *o, bool in_place);

static void run_relu(const simd *set, operands *o, bool in_place)
{
    float *y = in_place ? o->a : o->y;
    set->relu(o->a, N, y);
    memmove(o->y, y, sizeof o->y);
}

static void run_relu_grad(const simd *set, operands *o, bool in_place)
{
    float *dx = in_place ? o->b : o->y;
    set->relu_grad(o->a, o->b, N, false, dx);
    memmove(o->y, dx, sizeof o->y);
}

static void run_relu_grad_add(const simd *set, operands *o, bool in_place)
{
    (void)in_place;
    for (int i = 0; i < N; i++)
        o->y[i] = 100;
    set->relu_grad(o->a, o->b, N, true, o->y);
}

static void run_add(const simd *set, operands *o, bool in_place)
{
    float *y = in_place ? o->a : o->y;
    set->add(o->a, o->b, N, y);
    memmove(o->y, y, sizeof o->y);
}

static float want_relu(float a, float b)
{
    (void)b;
    return isnan(a) ? a : fmaxf(a, 0);
}

static float want_relu_grad(float a, float b)
{
    return isnan(a) || a > 0 ? b : 0;
}

static float want_relu_grad_add(float a, float b)
{
    return 100 + want_relu_grad(a, b);
}

static float want_add(float a, float b)
{
    return a + b;
}

typedef struct element_case {
    element_fn *run;
    float (*want)(float a, float b);
} element_case;

/* The first place where a set's result is wrong, or -1. */
static int first_wrong(const simd *set, element_case c, bool in_place)
{
    operands o = operands_make(), was = o;
    c.run(set, &o, in_place);
    for (int i = 0; i < N; i++) {
        float want = c.want(was.a[i], was.b[i]);
        if (!(o.y[i] == want || (isnan(o.y[i]) && isnan(want))))
            return i;
    }
    return -1;
}

static const element_case element_cases[] = {
    {run_relu, want_relu},
    {run_relu_grad, want_relu_grad},
    {run_relu_grad_add, want_relu_grad_add},
    {run_add, want_add},
};

#define ELEMENT_CASES ((int)(sizeof element_cases / sizeof *element_cases))

static void test_simd__elements(void **state)
{
    (void)state;
    for (int i = 0; simd_at(i); i++)
        for (int c = 0; c < ELEMENT_CASES; c++)
            for (int in_place = 0; in_place < 2; in_place++) {
                int at = first_wrong(simd_at(i), element_cases[c], in_place);
                if (at >= 0)
                    fail_msg("%s, case %d, in place %d: wrong at %d", simd_at(i)->name,
                             c, in_place, at);
            }
}

static void lossy_add(const float *a, const float *b, size_t n, float *y)
{
    simd_generic.add(a, b, n, y);
    y[n - 1] = 0; /* as a loop that forgets its tail */
}

static void quiet_relu(const float *x, size_t n, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] > 0 ? x[i] : 0; /* hides a NaN */
}

static void test_simd__wrong_elements_are_found(void **state)
{
    (void)state;
    simd wrong = simd_generic;
    wrong.add = lossy_add;
    wrong.relu = quiet_relu;
    assert_int_equal(first_wrong(&wrong, element_cases[0], false), 3);
    assert_int_equal(first_wrong(&wrong, element_cases[3], false), N - 1);
}

/* Whole and partial groups of columns; float sums of whole numbers are exact. */
static void test_simd__add_columns(void **state)
{
    (void)state;
    enum { ROWS = 131, C = 71 };
    static float x[ROWS * C];
    for (int i = 0; i < ROWS * C; i++)
        x[i] = (float)(i * 31 % 17) - 8;
    for (int i = 0; simd_at(i); i++) {
        float sum[C];
        for (int j = 0; j < C; j++)
            sum[j] = (float)j;
        simd_at(i)->add_columns(x, ROWS, C, sum);
        for (int j = 0; j < C; j++) {
            float want = (float)j;
            for (int row = 0; row < ROWS; row++)
                want += x[row * C + j];
            assert_float_equal(sum[j], want, 0);
        }
    }
}

/* Products of plain matrices, either of them turned or a part of a larger one. */
static void test_simd__plain_product(void **state)
{
    (void)state;
    enum { SIDE = 77 };
    float *a = malloc(3 * SIDE * SIDE * sizeof *a), *b = a + SIDE * SIDE;
    float *c = b + SIDE * SIDE;
    uint64_t seed = 3;
    for (int i = 0; i < 2 * SIDE * SIDE; i++)
        a[i] = test_uniform(&seed);
    for (int i = 0; simd_at(i); i++)
        for (int round = 0; round < 40; round++) {
            plain_product p = {.m = 1 + (int)test_random(&seed, SIDE),
                               .n = 1 + (int)test_random(&seed, SIDE),
                               .k = 1 + (int)test_random(&seed, SIDE),
                               .a = a,
                               .a_row = round & 1 ? 1 : SIDE,
                               .a_col = round & 1 ? SIDE : 1,
                               .b = b,
                               .b_row = SIDE,
                               .c = c,
                               .c_row = SIDE};
            for (int k = 0; k < SIDE * SIDE; k++)
                c[k] = 9;
            simd_at(i)->plain_run(&p);
            for (int y = 0; y < SIDE; y++)
                for (int x = 0; x < SIDE; x++) {
                    double sum = 0;
                    for (int k = 0; k < p.k; k++)
                        sum += (double)a[y * p.a_row + k * p.a_col] *
                               (double)b[k * SIDE + x];
                    float want = y < p.m && x < p.n ? (float)sum : 9;
                    assert_close(&c[y * SIDE + x], &want, 1, 2e-5, 0);
                }
        }
    free(a);
}

const struct CMUnitTest test_simd_suite[] = {
    cmocka_unit_test(test_simd__environment_picks),
    cmocka_unit_test(test_simd__generic_is_last),
    cmocka_unit_test(test_simd__elements),
    cmocka_unit_test(test_simd__wrong_elements_are_found),
    cmocka_unit_test(test_simd__add_columns),
    cmocka_unit_test(test_simd__plain_product),
    {0},
};
