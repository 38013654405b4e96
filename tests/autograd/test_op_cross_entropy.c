/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <string.h>

#include "autograd/golden.h"
#include "autograd/golden_fill.h"
#include "autograd/gradcheck.h"

#define PIXELS 24 /* 2 images of 3 x 4 */
#define K 19

static node *start(net *t)
{
    *t = (net){0};
    net_begin(t, false);
    node *x = net_input(t, 3, 4, K, true), *codes = net_input(t, 3, 4, 1, false);
    graph_cross_entropy(&t->g, x, codes, 0, 0.75f);
    net_ready(t, 2, GRAPH_TRAIN);
    golden_fill(t->x[0], PIXELS * K, 1);
    for (int i = 0; i < PIXELS * K; i++)
        t->x[0][i] *= 4;
    golden_codes(t->x[1], PIXELS, 2, K);
    return x;
}

static void test_op_cross_entropy__golden(void **state)
{
    (void)state;
    net t;
    node *x = start(&t);
    float loss = (float)net_forward(&t), hits = (float)t.r.loss[LOSS_HITS];
    assert_close(&loss, entropy_loss, 1, 0, 1e-6);
    assert_close(&hits, entropy_hits, 1, 0, 1e-6);
    net_backward(&t, NULL);
    assert_close(run_dy(&t.r, x), entropy_dx, PIXELS * K, 1e-8, 1e-5);
    net_release(&t);
}

typedef struct objective {
    const float *x, *codes;
} objective;

static double objective_value(void *user)
{
    const objective *o = user;
    double value = 0;
    for (int i = 0; i < PIXELS; i++) {
        double sum = 0;
        for (int k = 0; k < K; k++)
            sum += exp((double)o->x[i * K + k]);
        value += log(sum) - (double)o->x[i * K + (int)o->codes[i]];
    }
    return 0.75 * value / PIXELS;
}

static void test_op_cross_entropy__gradients(void **state)
{
    (void)state;
    net t;
    float x[PIXELS * K], wrong[PIXELS * K];
    node *logits = start(&t);
    memcpy(x, t.x[0], sizeof x);
    net_forward(&t);
    net_backward(&t, NULL);
    objective o = {x, t.x[1]};
    gradcheck c = {.step = 1e-3, .tol = 2e-5};
    gradcheck_array(&c, "x", x, run_dy(&t.r, logits), PIXELS * K, objective_value, &o);
    gradcheck_assert(&c);
    for (int i = 0; i < GRADCHECK_FAULTS; i++) {
        memcpy(wrong, run_dy(&t.r, logits), sizeof wrong);
        const char *fault = gradcheck_fault(i, wrong, PIXELS * K);
        gradcheck objects = {.step = 1e-3, .tol = 2e-5};
        gradcheck_array(&objects, "x", x, wrong, PIXELS * K, objective_value, &o);
        if (objects.bad == 0)
            fail_msg("%s: nobody objects", fault);
    }
    net_release(&t);
}

/* A constant added to a pixel's logits changes nothing, however large; a pixel's
 * gradient sums to zero; two losses on one node add up. */
static void test_op_cross_entropy__properties(void **state)
{
    (void)state;
    net t;
    node *x = start(&t);
    for (int i = 0; i < PIXELS * K; i++)
        t.x[0][i] = roundf(t.x[0][i] * 8) / 8; /* the sum is exact */
    double loss = net_forward(&t);
    for (int i = 0; i < PIXELS * K; i++)
        t.x[0][i] += 1000 * (float)(i / K - 11);
    double moved = net_forward(&t);
    assert_true(fabs(moved - loss) < 1e-6);
    net_backward(&t, NULL);
    for (int i = 0; i < PIXELS; i++) {
        float sum = 0;
        for (int k = 0; k < K; k++)
            sum += run_dy(&t.r, x)[i * K + k];
        if (!(fabsf(sum) < 1e-6f / PIXELS))
            fail_msg("pixel %d: the gradient sums to %g", i, (double)sum);
    }
    net_release(&t);
}

static void test_op_cross_entropy__two_losses(void **state)
{
    (void)state;
    net t = {0};
    net_begin(&t, false);
    node *x = net_input(&t, 2, 2, 3, true), *codes = net_input(&t, 2, 2, 2, false);
    graph_cross_entropy(&t.g, x, codes, 0, 0.5f);
    graph_cross_entropy(&t.g, x, codes, 1, 0.25f);
    net_ready(&t, 2, GRAPH_TRAIN);
    for (int i = 0; i < 16; i++)
        t.x[1][i] = (float)(i % 3);
    gradcheck c = {.step = 0.05, .tol = 1e-3};
    gradcheck_net(&c, &t);
    gradcheck_assert(&c);
    assert_int_equal(c.checked, 24);
    net_release(&t);
}

/* A tie for the largest is no hit; NaN makes the loss NaN. */
static void test_op_cross_entropy__hits_and_nan(void **state)
{
    (void)state;
    net t;
    start(&t);
    memset(t.x[0], 0, PIXELS * K * sizeof(float));
    net_forward(&t);
    assert_true(t.r.loss[LOSS_HITS] == 0);
    assert_true(fabs(t.r.loss[LOSS_NATS] - 0.75 * log(K)) < 1e-6);
    for (int i = 0; i < PIXELS; i += 2)
        t.x[0][i * K + (int)t.x[1][i]] = 1;
    net_forward(&t);
    assert_true(fabs(t.r.loss[LOSS_HITS] - 0.375) < 1e-6);
    t.x[0][5 * K + 3] = NAN;
    assert_true(isnan(net_forward(&t)));
    net_release(&t);
}

const struct CMUnitTest test_op_cross_entropy_suite[] = {
    cmocka_unit_test(test_op_cross_entropy__golden),
    cmocka_unit_test(test_op_cross_entropy__gradients),
    cmocka_unit_test(test_op_cross_entropy__properties),
    cmocka_unit_test(test_op_cross_entropy__two_losses),
    cmocka_unit_test(test_op_cross_entropy__hits_and_nan),
    {0},
};
