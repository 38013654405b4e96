/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

#include "autograd/golden.h"
#include "autograd/golden_fill.h"
#include "autograd/gradcheck.h"

static void test_op_l1__golden(void **state)
{
    (void)state;
    net t = {0};
    net_begin(&t, false);
    node *a = net_input(&t, 3, 4, 5, true), *b = net_input(&t, 3, 4, 5, true);
    graph_l1(&t.g, a, b, 2.5f);
    net_ready(&t, 2, GRAPH_TRAIN);
    golden_fill(t.x[0], 120, 1);
    golden_fill(t.x[1], 120, 2);
    t.x[1][7] = t.x[0][7]; /* as make_golden.py has it: no gradient there */
    float loss = (float)net_forward(&t), square = (float)t.r.loss[LOSS_SQUARE];
    assert_close(&loss, l1_loss, 1, 0, 1e-6);
    assert_close(&square, l1_square, 1, 0, 1e-6);
    assert_true(t.r.loss[LOSS_CODEBOOK] == 0 && t.r.loss[LOSS_COMMITMENT] == 0);
    net_backward(&t, NULL);
    assert_close(run_dy(&t.r, a), l1_da, 120, 1e-7, 1e-6);
    assert_close(run_dy(&t.r, b), l1_db, 120, 1e-7, 1e-6);
    net_release(&t);
}

/* One side alone, both, one node against itself, and two losses on one node. The kink
 * is out of the check's reach. */
static void test_op_l1__gradients(void **state)
{
    (void)state;
    for (int shape = 0; shape < 4; shape++) {
        net t = {0};
        net_begin(&t, false);
        node *a = net_input(&t, 2, 3, 4, true);
        node *b = net_input(&t, 2, 3, 4, shape == 1);
        if (shape == 2)
            graph_l1(&t.g, a, a, 0.5f);
        if (shape == 3)
            graph_l1(&t.g, b, a, 0.5f);
        graph_l1(&t.g, a, b, 0.7f);
        net_ready(&t, 2, GRAPH_TRAIN);
        net_fill_away_from_zero(t.x[0], 48, 1);
        net_fill(t.x[1], 48, 2, -0.1f, 0.1f);
        gradcheck c = {.step = 0.1, .tol = 1e-4};
        gradcheck_net(&c, &t);
        gradcheck_assert(&c);
        assert_int_equal(c.checked, shape == 1 ? 96 : 48);
        net_release(&t);
    }
}

/* Moving both sides alike changes nothing; doubling both doubles the loss. */
static void test_op_l1__shift_and_scale(void **state)
{
    (void)state;
    net t = {0};
    net_begin(&t, false);
    node *a = net_input(&t, 3, 5, 3, true), *b = net_input(&t, 3, 5, 3, false);
    graph_l1(&t.g, a, b, 0.7f);
    net_ready(&t, 3, GRAPH_TRAIN);
    float first = (float)net_forward(&t);
    for (int i = 0; i < 135; i++) {
        t.x[0][i] = 2 * t.x[0][i] + 0.25f;
        t.x[1][i] = 2 * t.x[1][i] + 0.25f;
    }
    float then = (float)net_forward(&t), want = 2 * first;
    assert_true(first > 0);
    assert_close(&then, &want, 1, 0, 1e-6);
    t.x[0][77] = NAN;
    assert_true(isnan(net_forward(&t)));
    net_release(&t);
}

const struct CMUnitTest test_op_l1_suite[] = {
    cmocka_unit_test(test_op_l1__golden),
    cmocka_unit_test(test_op_l1__gradients),
    cmocka_unit_test(test_op_l1__shift_and_scale),
    {0},
};
