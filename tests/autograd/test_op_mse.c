/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

#include "autograd/golden.h"
#include "autograd/golden_fill.h"
#include "autograd/gradcheck.h"
#include "autograd/square_distance.h"

static void test_op_mse__golden(void **state)
{
    (void)state;
    net t = {0};
    net_begin(&t, false);
    node *a = net_input(&t, 3, 4, 5, true), *b = net_input(&t, 3, 4, 5, true);
    graph_mse(&t.g, a, b, 2.5f);
    net_ready(&t, 2, GRAPH_TRAIN);
    golden_fill(t.x[0], 120, 1);
    golden_fill(t.x[1], 120, 2);
    float loss = (float)net_forward(&t);
    assert_close(&loss, mse_loss, 1, 0, 1e-6);
    assert_true(t.r.loss[LOSS_CODEBOOK] == 0 && t.r.loss[LOSS_COMMITMENT] == 0);
    net_backward(&t, NULL);
    assert_close(run_dy(&t.r, a), mse_da, 120, 1e-7, 1e-6);
    assert_close(run_dy(&t.r, b), mse_db, 120, 1e-7, 1e-6);
    net_release(&t);
}

/* One side alone, both, one node against itself, and two losses on one node. */
static void test_op_mse__gradients(void **state)
{
    (void)state;
    for (int shape = 0; shape < 4; shape++) {
        net t = {0};
        net_begin(&t, false);
        node *a = net_input(&t, 2, 3, 4, true);
        node *b = net_input(&t, 2, 3, 4, shape == 1);
        if (shape == 2)
            graph_mse(&t.g, a, a, 0.5f);
        if (shape == 3)
            graph_mse(&t.g, b, a, 0.5f);
        graph_mse(&t.g, a, b, 0.7f);
        net_ready(&t, 2, GRAPH_TRAIN);
        gradcheck c = {.step = 0.5, .tol = 1e-4};
        gradcheck_net(&c, &t);
        gradcheck_assert(&c);
        assert_int_equal(c.checked, shape == 1 ? 96 : 48);
        net_release(&t);
    }
}

static void test_op_mse__square_distance(void **state)
{
    (void)state;
    float a[100], b[100];
    net_fill(a, 100, 1, -1, 1);
    net_fill(b, 100, 2, -1, 1);
    for (size_t n = 0; n <= 100; n++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += pow((double)a[i] - (double)b[i], 2);
        float got = (float)square_distance(a, b, n), want = (float)sum;
        assert_close(&got, &want, 1, 0, 1e-6);
    }
    a[99] = NAN;
    assert_true(isnan(square_distance(a, b, 100)));
}

const struct CMUnitTest test_op_mse_suite[] = {
    cmocka_unit_test(test_op_mse__golden),
    cmocka_unit_test(test_op_mse__gradients),
    cmocka_unit_test(test_op_mse__square_distance),
    {0},
};
