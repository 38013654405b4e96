/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

#include "autograd/ema.h"
#include "autograd/golden.h"
#include "autograd/golden_fill.h"
#include "autograd/net.h"
#include "autograd/unit.h"

#define K 5
#define D 3

/* The three updates of make_golden.py. */
static void golden_case(int kind, const float *want_n, const float *want_m,
                        const float *want_codes)
{
    ema_rule rule = {.kind = kind, .decay = 0.9, .k = K, .d = D};
    float n[K] = {0}, m[K * D] = {0}, codes[K * D];
    if (kind == VQ_EMA_SMOOTHED)
        golden_fill(m, K * D, 1);
    for (int t = 1; t <= 3; t++) {
        float count[K], sum[K * D];
        golden_fill(sum, K * D, 10 + (uint32_t)t);
        for (int i = 0; i < K; i++) {
            count[i] = (float)((i * 3 + t) % 5);
            for (int j = 0; j < D; j++)
                sum[i * D + j] *= count[i];
        }
        ema_update(&rule, t, count, sum, n, m, codes);
    }
    assert_close(n, want_n, K, 1e-7, 1e-6);
    assert_close(m, want_m, K * D, 1e-7, 1e-6);
    assert_close(codes, want_codes, K * D, 1e-6, 1e-5);
}

static void test_ema__golden(void **state)
{
    (void)state;
    golden_case(VQ_EMA_DEBIASED, ema_debiased_n, ema_debiased_m, ema_debiased_codes);
    golden_case(VQ_EMA_SMOOTHED, ema_smoothed_n, ema_smoothed_m, ema_smoothed_codes);
}

static void test_ema__unit(void **state)
{
    (void)state;
    ema_rule rule = {
        .kind = VQ_EMA_DEBIASED, .decay = 0.9, .k = K, .d = D, .unit = true};
    float n[K] = {0}, m[K * D] = {0}, codes[K * D];
    golden_fill(codes, K * D, 1);
    for (int i = 0; i < K; i++)
        assert_true(unit_direction(codes + i * D, codes + i * D, D));
    for (int t = 1; t <= 3; t++) {
        float count[K], sum[K * D];
        golden_fill(sum, K * D, 10 + (uint32_t)t);
        for (int i = 0; i < K; i++) {
            count[i] = i ? (float)((i * 3 + t) % 5) : 0;
            for (int j = 0; j < D; j++)
                sum[i * D + j] *= count[i];
        }
        ema_update(&rule, t, count, sum, n, m, codes);
    }
    assert_close(codes, ema_unit_codes, K * D, 1e-6, 1e-5);
    /* without a direction a vector stays as it was */
    float zero[2] = {0, 0}, kept[2] = {3, 4};
    assert_false(unit_direction(zero, kept, 2));
    assert_true(kept[0] == 3 && kept[1] == 4);
}

/* 300 updates against reference.md's formula kept in double. */
static void test_ema__formula(void **state)
{
    (void)state;
    const double g = 0.99, eps = 1e-5;
    ema_rule rule = {.kind = VQ_EMA_DEBIASED, .decay = g, .k = K, .d = D};
    double n_ref[K] = {0}, m_ref[K * D] = {0};
    float n[K] = {0}, m[K * D] = {0}, codes[K * D];
    for (int t = 1; t <= 300; t++) {
        float count[K], sum[K * D], want[K * D];
        net_fill(count, K, (uint32_t)t, 0, 60);
        net_fill(sum, K * D, 1000 + (uint32_t)t, -30, 30);
        count[K - 1] = 0; /* a dead code */
        ema_update(&rule, t, count, sum, n, m, codes);
        double debias = 1 - pow(g, t), total = 0;
        for (int i = 0; i < K; i++) {
            n_ref[i] -= (n_ref[i] - (double)count[i]) * (1 - g);
            total += n_ref[i] / debias;
        }
        for (int i = 0; i < K * D; i++) {
            m_ref[i] -= (m_ref[i] - (double)sum[i]) * (1 - g);
            double rows = (n_ref[i / D] / debias + eps) / (total + K * eps) * total;
            want[i] = (float)(m_ref[i] / debias / rows);
        }
        assert_close(codes, want, (K - 1) * D, 1e-6, 1e-4);
        assert_close(codes + (K - 1) * D, want + (K - 1) * D, D, 1e-1, 1e-4);
    }
}

/* With one code and all rows in it, the debiased code is their running mean at once. */
static void test_ema__first_update(void **state)
{
    (void)state;
    ema_rule rule = {.kind = VQ_EMA_DEBIASED, .decay = 0.99, .k = 1, .d = 2};
    float n = 0, m[2] = {0}, codes[2], count = 8;
    const float sum[2] = {16, -4}, want[2] = {2, -0.5f};
    ema_update(&rule, 1, &count, sum, &n, m, codes);
    assert_close(codes, want, 2, 0, 1e-5);
}

const struct CMUnitTest test_ema_suite[] = {
    cmocka_unit_test(test_ema__golden),
    cmocka_unit_test(test_ema__unit),
    cmocka_unit_test(test_ema__formula),
    cmocka_unit_test(test_ema__first_update),
    {0},
};
