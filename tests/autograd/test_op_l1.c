/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

#include "autograd/golden.h"
#include "autograd/loss_checks.h"

static void test_op_l1__golden(void **state)
{
    (void)state;
    net t;
    loss_start(&t, graph_l1);
    t.x[1][7] = t.x[0][7]; /* as make_golden.py has it: no gradient there */
    loss_check(&t, l1_loss, l1_da, l1_db);
    float square = (float)t.r.loss[LOSS_SQUARE];
    assert_close(&square, l1_square, 1, 0, 1e-6);
    net_release(&t);
}

/* The kink is out of the check's reach. */
static void fill_apart(net *t)
{
    net_fill_away_from_zero(t->x[0], 48, 1);
    net_fill(t->x[1], 48, 2, -0.1f, 0.1f);
}

static void test_op_l1__gradients(void **state)
{
    (void)state;
    loss_check_gradients(graph_l1, 0.1, fill_apart);
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
