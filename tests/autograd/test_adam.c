/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

#include "autograd/adam.h"
#include "autograd/golden.h"
#include "autograd/golden_fill.h"
#include "autograd/square_distance.h"

/* Ten updates as make_golden.py does them, in ranges of `part` values. */
static void ten_updates(adam *a, float value[20], size_t part)
{
    golden_fill(value, 20, 1);
    for (int t = 0; t < 10; t++) {
        float grad[20];
        golden_fill(grad, 20, 20 + (uint32_t)t);
        for (int i = 0; i < 20; i++)
            grad[i] /= (float)(1 << t);
        a->t++;
        for (size_t first = 0; first < 20; first += part)
            adam_update(a, first, 20 - first < part ? 20 - first : part, true, value,
                        grad);
    }
}

static void test_adam__golden(void **state)
{
    (void)state;
    for (int amsgrad = 0; amsgrad < 2; amsgrad++) {
        vq_error err;
        adam a;
        float value[20];
        assert_ok(adam_init(&a, 20, 0.01, amsgrad, &err), &err);
        ten_updates(&a, value, 20);
        assert_close(value, amsgrad ? amsgrad_value : adam_value, 20, 2e-7, 2e-7);
        adam_release(&a);
        adam_release(&a);
    }
}

/* The first 12 values decay, and the gradient is clipped. */
static void test_adam__decay_and_clip(void **state)
{
    (void)state;
    for (int amsgrad = 0; amsgrad < 2; amsgrad++) {
        vq_error err;
        adam a;
        float value[20], norm[10];
        assert_ok(adam_init(&a, 20, 0.01, amsgrad, &err), &err);
        a.weight_decay = 0.5;
        golden_fill(value, 20, 1);
        for (int t = 0; t < 10; t++) {
            float grad[20];
            golden_fill(grad, 20, 20 + (uint32_t)t);
            for (int i = 0; i < 20; i++)
                grad[i] /= (float)(1 << t);
            double n = sqrt(square_sum(grad, 20));
            norm[t] = (float)n;
            a.t++;
            a.scale = adam_clip(1.5, n);
            adam_update(&a, 0, 12, true, value, grad);
            adam_update(&a, 12, 8, false, value, grad);
        }
        assert_true(norm[0] > 1.5f && norm[9] < 1.5f);
        assert_close(norm, adamw_norm, 10, 0, 1e-6);
        assert_close(value, amsgrad ? adamw_amsgrad_value : adamw_value, 20, 2e-7,
                     2e-7);
        adam_release(&a);
    }
}

/* Where a range is cut changes no bit. */
static void test_adam__ranges(void **state)
{
    (void)state;
    for (int amsgrad = 0; amsgrad < 2; amsgrad++)
        for (size_t part = 1; part < 20; part += 3) {
            vq_error err;
            adam a, b;
            float whole[20], cut[20];
            assert_ok(adam_init(&a, 20, 0.01, amsgrad, &err), &err);
            assert_ok(adam_init(&b, 20, 0.01, amsgrad, &err), &err);
            ten_updates(&a, whole, 20);
            ten_updates(&b, cut, part);
            assert_memory_equal(whole, cut, sizeof whole);
            assert_memory_equal(a.m, b.m, 20 * sizeof(float));
            assert_memory_equal(a.v, b.v, 20 * sizeof(float));
            adam_release(&a);
            adam_release(&b);
        }
}

/* The first step is lr along the sign of the gradient; no gradient, no step. */
static void test_adam__first_step(void **state)
{
    (void)state;
    vq_error err;
    adam a;
    assert_ok(adam_init(&a, 3, 0.5, false, &err), &err);
    float value[3] = {1, 1, 1}, grad[3] = {1e-3f, -100, 0};
    const float want[3] = {0.5f, 1.5f, 1};
    a.t = 1;
    adam_update(&a, 0, 3, false, value, grad);
    assert_close(value, want, 3, 1e-5, 0);
    adam_release(&a);
}

static void test_adam__out_of_memory(void **state)
{
    (void)state;
    vq_error err;
    adam a;
    support_alloc_fail_at(1);
    assert_fails(adam_init(&a, 64, 0.5, true, &err), VQ_ENOMEM, &err,
                 "cannot allocate 768");
    adam_release(&a);
}

const struct CMUnitTest test_adam_suite[] = {
    cmocka_unit_test(test_adam__golden),
    cmocka_unit_test(test_adam__decay_and_clip),
    cmocka_unit_test(test_adam__ranges),
    cmocka_unit_test(test_adam__first_step),
    cmocka_unit_test(test_adam__out_of_memory),
    {0},
};
