/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "tensor/exact.h"
#include "tensor/simd.h"

static void test_exact__exp(void **state)
{
    (void)state;
    double worst = 0;
    for (double x = -87; x <= 88; x += 0.00037) {
        double want = exp((double)(float)x);
        double error = fabs((double)exact_exp((float)x) - want) / want;
        worst = error > worst ? error : worst;
    }
    if (!(worst < 2 * (double)FLT_EPSILON))
        fail_msg("exp is off by %g", worst);
    assert_true(exact_exp(0) == 1);
    assert_true(exact_exp(-1e30f) == exact_exp(-87) && exact_exp(-INFINITY) > 0);
    assert_true(exact_exp(1e30f) == exact_exp(88) && isfinite(exact_exp(INFINITY)));
    assert_true(isnan(exact_exp(NAN)));
}

static void test_exact__sigmoid_and_tanh(void **state)
{
    (void)state;
    for (double x = -30; x <= 30; x += 0.0011) {
        float f = (float)x, s = exact_sigmoid(f), t = exact_tanh(f);
        if (!(fabs((double)s - 1 / (1 + exp(-(double)f))) < 2e-7))
            fail_msg("sigmoid(%g) is %g", (double)f, (double)s);
        if (!(fabs((double)t - tanh((double)f)) < 2e-7))
            fail_msg("tanh(%g) is %g", (double)f, (double)t);
    }
    assert_true(isnan(exact_tanh(NAN)) && isnan(exact_sigmoid(NAN)));
}

/*
 * Known bits: what every machine must get. They are a hash of the bits of 4,096
 * results, so that one that differs anywhere is seen.
 */
static uint64_t sum_bits(float (*f)(float))
{
    uint64_t sum = 0;
    for (int i = -2048; i < 2048; i++) {
        float y = f((float)i * 0.013f);
        uint32_t bits;
        memcpy(&bits, &y, sizeof bits);
        sum = sum * 31 + bits;
    }
    return sum;
}

static void test_exact__known_bits(void **state)
{
    (void)state;
    assert_int_equal(sum_bits(exact_exp), UINT64_C(0xda60c5daac4daef8));
    assert_int_equal(sum_bits(exact_sigmoid), UINT64_C(0xdf4bc0837f106eeb));
    assert_int_equal(sum_bits(exact_tanh), UINT64_C(0x860779b57a0af1b0));
}

/* The loops over them give the same bits at every instruction set. */
static void test_exact__sets_agree(void **state)
{
    (void)state;
    float x[2 * 37], bias[2 * 37], dy[37], want[5][2 * 37], got[5][2 * 37];
    for (int i = 0; i < 74; i++) {
        x[i] = sinf((float)i) * 4;
        bias[i] = cosf((float)i);
        dy[i / 2] = sinf((float)i * 3);
    }
    for (int set = 0; simd_at(set); set++) {
        const simd *s = simd_at(set);
        float(*to)[2 * 37] = set == 0 ? want : got;
        memset(to, 0, sizeof want);
        s->gate(x, bias, 1, 37, to[0], to[1]);
        s->gate(x, NULL, 2, 18, to[2], to[1] + 37);
        s->gate_grad(to[0], dy, 1, 37, false, to[3]);
        s->gate_grad(to[0], dy, 1, 37, true, to[3]);
        s->exp(x, 74, 1.5f, 0.3f, false, to[4]);
        s->exp(x, 74, 0.5f, 0.1f, true, to[4]);
        if (set > 0)
            assert_memory_equal(got, want, sizeof want);
        for (size_t n = 1; n <= 74; n++) {
            assert_true(s->exp_sum(x, n, 2) == simd_at(0)->exp_sum(x, n, 2));
            float most = x[0];
            for (size_t i = 1; i < n; i++)
                most = x[i] > most ? x[i] : most;
            assert_true(s->max(x, n) == most);
        }
        double sum = 0;
        for (int i = 0; i < 74; i++)
            sum += exp((double)x[i] - 2);
        assert_true(fabs(s->exp_sum(x, 74, 2) / sum - 1) < 1e-6);
    }
}

/* Against the written order: sum of rounded products from the first on, plus the bias,
 * plus what is there; at every instruction set, bit for bit. */
static void test_exact__product(void **state)
{
    (void)state;
    enum { M = 19, N = 75, K = 23, WIDE = 80 };
    static float a[M * (K + 2)], w[K * N], bias[N], want[M * WIDE], got[M * WIDE];
    for (int i = 0; i < M * (K + 2); i++)
        a[i] = sinf((float)i * 1.7f);
    for (int i = 0; i < K * N; i++)
        w[i] = cosf((float)i * 0.9f);
    for (int set = 0; simd_at(set); set++)
        for (int kind = 0; kind < 4; kind++) {
            const simd *s = simd_at(set);
            float *packed = aligned_alloc(
                64, (s->exact_size(K, N) * sizeof *packed + 63) / 64 * 64);
            assert_non_null(packed);
            s->exact_pack(w, K, N, packed);
            for (int i = 0; i < M * WIDE; i++)
                want[i] = got[i] = (float)i;
            for (int j = 0; j < N; j++)
                bias[j] = (float)j / 7;
            exact_product e = {
                M, N, K, a, packed, kind & 1 ? bias : NULL, got, K + 2, WIDE, kind & 2};
            s->exact_run(&e);
            for (int i = 0; i < M; i++)
                for (int j = 0; j < N; j++) {
                    float sum = 0;
                    for (int k = 0; k < K; k++) {
                        float product = a[i * (K + 2) + k] * w[k * N + j];
                        sum = sum + product;
                    }
                    sum = kind & 1 ? sum + bias[j] : sum;
                    float *to = &want[i * WIDE + j];
                    *to = kind & 2 ? sum + *to : sum;
                }
            assert_memory_equal(got, want, sizeof want);
            free(packed);
        }
}

const struct CMUnitTest test_exact_suite[] = {
    cmocka_unit_test(test_exact__exp),
    cmocka_unit_test(test_exact__sigmoid_and_tanh),
    cmocka_unit_test(test_exact__known_bits),
    cmocka_unit_test(test_exact__sets_agree),
    cmocka_unit_test(test_exact__product),
    {0},
};
