/*
 * SPDX-License-Identifier: MIT
 *
 * The checker, checked: ops made wrong on purpose, one fault at a time, and it must
 * object to every one.
 */
#include "support.h"

#include <math.h>

#include "autograd/gradcheck.h"

enum target { TARGET_DX, TARGET_DW, TARGET_DB, TARGETS };

/* An op whose backward spoils one of the gradients that the right op makes. */
typedef struct wrong_op {
    op as_op; /* first, so that a node's op can be turned back into this */
    const op *right;
    enum target target;
    int fault;
    const char *what;
} wrong_op;

static void wrong_backward(const node *nd, run *r)
{
    const wrong_op *wrong = (const wrong_op *)nd->op;
    const param *table = r->g->p->table;
    wrong->right->backward(nd, r);
    if (wrong->target == TARGET_DX)
        gradcheck_fault(wrong->fault, run_dy(r, nd->in[0]), run_count(r, nd->in[0]));
    if (wrong->target == TARGET_DW)
        gradcheck_fault(wrong->fault, run_gradient(r, nd->weight),
                        table[nd->weight].count);
    if (wrong->target == TARGET_DB)
        gradcheck_fault(wrong->fault, run_gradient(r, nd->bias), table[nd->bias].count);
}

/* One node of each op that the plain check can see. */
static node *build(net *t, int which)
{
    static const char *const names[] = {"conv", "conv_transposed", "relu", "add", "mse",
                                        "l1"};
    int w = net_conv_weight(t, "w", 3, 3, 3, 3);
    int b = net_plain(t, "b", PARAM_TRAINED, 1, 3, 0);
    net_begin(t, true);
    node *x = net_input(t, 3, 4, 3, true), *y = NULL;
    if (which == 0)
        y = graph_conv(&t->g, x, w, b, 1, 1);
    if (which == 1)
        y = graph_conv_transposed(&t->g, x, w, b, 1, 1);
    if (which == 2)
        y = graph_relu(&t->g, x);
    if (which == 3)
        y = graph_add(&t->g, x, net_input(t, 3, 4, 3, true));
    if (which == 4)
        y = graph_mse(&t->g, x, net_input(t, 3, 4, 3, false), 0.7f);
    if (which == 5)
        y = graph_l1(&t->g, x, net_input(t, 3, 4, 3, false), 0.7f);
    assert_string_equal(y->op->name, names[which]);
    net_ready(t, 2, GRAPH_TRAIN);
    if (which == 5) { /* keep the kink out of reach */
        net_fill_away_from_zero(t->x[0], net_count(t, x), 9);
        net_fill(t->x[1], net_count(t, x), 10, -0.05f, 0.05f);
    }
    if (which == 2)
        net_fill_away_from_zero(t->x[0], net_count(t, x), 9);
    return y;
}

static gradcheck check(int which, bool wrong, enum target target, int fault)
{
    net t = {0};
    gradcheck c = {.step = 0.2, .tol = 1e-4};
    node *nd = build(&t, which);
    wrong_op spoiled = {
        .as_op = *nd->op, .right = nd->op, .target = target, .fault = fault};
    spoiled.as_op.backward = wrong_backward;
    if (wrong)
        nd->op = &spoiled.as_op;
    gradcheck_net(&c, &t);
    net_release(&t);
    return c;
}

static void test_gradcheck__objects_to_wrong_ops(void **state)
{
    (void)state;
    for (int which = 0; which < 6; which++)
        for (int target = 0; target < (which < 2 ? TARGETS : 1); target++)
            for (int fault = 0; fault < GRADCHECK_FAULTS; fault++) {
                gradcheck c = check(which, true, target, fault);
                if (c.bad == 0) {
                    float v[2] = {1, 1};
                    fail_msg("op %d, gradient %d %s: nobody objects", which, target,
                             gradcheck_fault(fault, v, 2));
                }
            }
}

static void test_gradcheck__accepts_right_ops(void **state)
{
    (void)state;
    for (int which = 0; which < 6; which++) {
        gradcheck c = check(which, false, TARGET_DX, 0);
        gradcheck_assert(&c);
    }
}

/* Functions whose differences are not numbers are objected to, whatever grad says. */
static double broken(void *user)
{
    const float *v = user;
    return v[0] > 0 ? (double)v[1] : 0;
}

static void test_gradcheck__objects_to_broken_functions(void **state)
{
    (void)state;
    const float values[] = {NAN, INFINITY};
    for (int i = 0; i < 2; i++) {
        float v[2] = {0, values[i]}, grad[1] = {values[i]};
        gradcheck c = {.step = 0.2, .tol = 1e-4};
        gradcheck_array(&c, "x", v, grad, 1, broken, v);
        assert_int_equal(c.bad, 1);
    }
}

const struct CMUnitTest test_gradcheck_suite[] = {
    cmocka_unit_test(test_gradcheck__objects_to_wrong_ops),
    cmocka_unit_test(test_gradcheck__accepts_right_ops),
    cmocka_unit_test(test_gradcheck__objects_to_broken_functions),
    {0},
};
