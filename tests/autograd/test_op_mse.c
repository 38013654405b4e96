/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

#include "autograd/golden.h"
#include "autograd/loss_checks.h"
#include "autograd/square_distance.h"

static void test_op_mse__golden(void **state)
{
    (void)state;
    net t;
    loss_start(&t, graph_mse);
    loss_check(&t, mse_loss, mse_da, mse_db);
    net_release(&t);
}

static void test_op_mse__gradients(void **state)
{
    (void)state;
    loss_check_gradients(graph_mse, 0.5, NULL);
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
