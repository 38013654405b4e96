/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "autograd/golden.h"
#include "autograd/golden_fill.h"
#include "autograd/gradcheck.h"

static void test_op_add__golden(void **state)
{
    (void)state;
    net t = {0};
    float dy[120];
    net_begin(&t, false);
    node *a = net_input(&t, 3, 4, 5, true), *b = net_input(&t, 3, 4, 5, true);
    node *y = graph_add(&t.g, a, b);
    net_ready(&t, 2, GRAPH_TRAIN);
    golden_fill(t.x[0], 120, 1);
    golden_fill(t.x[1], 120, 2);
    golden_fill(dy, 120, 4);
    net_forward(&t);
    assert_close(run_y(&t.r, y), add_y, 120, 1e-7, 1e-6);
    net_backward(&t, dy);
    assert_close(run_dy(&t.r, a), dy, 120, 0, 0);
    assert_close(run_dy(&t.r, b), dy, 120, 0, 0);
    net_release(&t);
}

/* a + b, a + a, (a + b) + a, and (a + a) + (a + b): every way to add gradients up. */
static void test_op_add__gradients(void **state)
{
    (void)state;
    for (int shape = 0; shape < 4; shape++) {
        net t = {0};
        net_begin(&t, false);
        node *a = net_input(&t, 2, 3, 4, true), *b = net_input(&t, 2, 3, 4, true);
        node *sum = graph_add(&t.g, a, shape == 1 ? a : b);
        if (shape == 1)
            graph_add(&t.g, b, sum);
        if (shape == 2)
            graph_add(&t.g, sum, a);
        if (shape == 3)
            graph_add(&t.g, graph_add(&t.g, a, a), sum);
        net_ready(&t, 2, GRAPH_TRAIN);
        gradcheck c = {.step = 0.5, .tol = 1e-5};
        gradcheck_net(&c, &t);
        gradcheck_assert(&c);
        net_release(&t);
    }
}

/* A residual block copies nothing: forward in place, both gradients in dy's memory. */
static void test_op_add__residual_shares(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        net t = {0};
        int w = net_conv_weight(&t, "w", 3, 3, 3, 3);
        net_begin(&t, false);
        node *x = graph_conv(&t.g, net_input(&t, 4, 4, 3, false), w, -1, 1, 1);
        node *f = graph_conv(&t.g, graph_relu(&t.g, x), w, -1, 1, 1);
        node *y = order ? graph_add(&t.g, x, f) : graph_add(&t.g, f, x);
        graph_conv(&t.g, y, w, -1, 1, 1);
        net_ready(&t, 2, GRAPH_TRAIN);
        assert_int_equal(y->y_at, order ? x->y_at : f->y_at);
        assert_int_equal(y->dy_at, x->dy_at);
        assert_int_equal(y->dy_at, f->dy_at);
        net_release(&t);
    }
}

/* x + conv(x) must copy: the convolution reads its gradient while it adds to x's. */
static void test_op_add__short_skip_does_not_share(void **state)
{
    (void)state;
    net t = {0};
    int w = net_conv_weight(&t, "w", 3, 3, 3, 3);
    net_begin(&t, false);
    node *x = net_input(&t, 4, 4, 3, true), *f = graph_conv(&t.g, x, w, -1, 1, 1);
    node *y = graph_add(&t.g, x, f);
    net_ready(&t, 2, GRAPH_TRAIN);
    assert_int_equal(y->dy_at, x->dy_at);
    assert_int_not_equal(y->dy_at, f->dy_at);
    net_release(&t);
}

const struct CMUnitTest test_op_add_suite[] = {
    cmocka_unit_test(test_op_add__golden),
    cmocka_unit_test(test_op_add__gradients),
    cmocka_unit_test(test_op_add__residual_shares),
    cmocka_unit_test(test_op_add__short_skip_does_not_share),
    {0},
};
