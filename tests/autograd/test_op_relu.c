/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

#include "autograd/golden.h"
#include "autograd/golden_fill.h"
#include "autograd/gradcheck.h"

static void test_op_relu__golden(void **state)
{
    (void)state;
    net t = {0};
    float dy[120];
    net_begin(&t, false);
    node *x = net_input(&t, 3, 4, 5, true), *y = graph_relu(&t.g, x);
    net_ready(&t, 2, GRAPH_TRAIN);
    golden_fill(t.x[0], 120, 1);
    golden_fill(dy, 120, 4);
    net_forward(&t);
    assert_close(run_y(&t.r, y), relu_y, 120, 0, 1e-6);
    net_backward(&t, dy);
    assert_close(run_dy(&t.r, x), relu_dx, 120, 0, 1e-6);
    net_release(&t);
}

/* Alone, twice in a row, and where its input has a second reader. */
static void test_op_relu__gradients(void **state)
{
    (void)state;
    for (int shape = 0; shape < 3; shape++) {
        net t = {0};
        net_begin(&t, false);
        node *x = net_input(&t, 3, 4, 5, true), *y = graph_relu(&t.g, x);
        if (shape == 1)
            y = graph_relu(&t.g, y);
        if (shape == 2)
            graph_add(&t.g, y, x);
        net_ready(&t, 2, GRAPH_TRAIN);
        net_fill_away_from_zero(t.x[0], 120, 9);
        gradcheck c = {.step = 0.2, .tol = 1e-4};
        gradcheck_net(&c, &t);
        gradcheck_assert(&c);
        net_release(&t);
    }
}

/* At a kink the gradient is 0, as PyTorch's; a NaN is not hidden, either way. */
static void test_op_relu__edges(void **state)
{
    (void)state;
    net t = {0};
    net_begin(&t, false);
    node *x = net_input(&t, 1, 1, 6, true), *y = graph_relu(&t.g, x);
    net_ready(&t, 1, GRAPH_TRAIN);
    const float in[6] = {0, -0.0f, 1e-38f, NAN, INFINITY, -INFINITY};
    const float dy[6] = {1, 1, 2, 3, 4, 5};
    for (int i = 0; i < 6; i++)
        t.x[0][i] = in[i];
    net_forward(&t);
    const float *out = run_y(&t.r, y);
    assert_true(out[0] == 0 && out[1] == 0 && out[2] == 1e-38f);
    assert_true(isnan(out[3]) && isinf(out[4]) && out[5] == 0);
    net_backward(&t, dy);
    const float want[6] = {0, 0, 2, 3, 4, 0};
    assert_close(run_dy(&t.r, x), want, 6, 0, 0);
    net_release(&t);
}

/* In place over a convolution that only it reads, out of place otherwise. */
static void test_op_relu__in_place(void **state)
{
    (void)state;
    net t = {0};
    int w = net_conv_weight(&t, "w", 4, 2, 3, 3);
    net_begin(&t, false);
    node *a = graph_conv(&t.g, net_input(&t, 4, 4, 2, false), w, -1, 1, 1);
    node *b = graph_relu(&t.g, a);
    node *c = graph_relu(&t.g, b);
    graph_add(&t.g, c, b);
    net_ready(&t, 2, GRAPH_TRAIN);
    assert_int_equal(a->y_at, b->y_at);
    assert_int_equal(a->dy_at, b->dy_at);
    assert_int_not_equal(b->y_at, c->y_at);
    net_release(&t);
}

const struct CMUnitTest test_op_relu_suite[] = {
    cmocka_unit_test(test_op_relu__golden),
    cmocka_unit_test(test_op_relu__gradients),
    cmocka_unit_test(test_op_relu__edges),
    cmocka_unit_test(test_op_relu__in_place),
    {0},
};
