/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <string.h>

#include "autograd/golden.h"
#include "autograd/golden_fill.h"
#include "autograd/gradcheck.h"

#define IMAGE 12 /* pixels: 2 images of 3 x 4 */
#define PIXELS 24
#define CLASSES 3
#define C 3 /* channels of y */

static node *start(net *t, bool classes)
{
    *t = (net){0};
    int table = net_plain(t, "table", PARAM_TRAINED, 2, CLASSES, 2 * C);
    net_begin(t, false);
    node *x = net_input(t, 3, 4, 2 * C, true), *y;
    if (classes)
        y = graph_gate_class(&t->g, x, net_input(t, 3, 4, 2, false), 1, table);
    else
        y = graph_gate(&t->g, x);
    net_ready(t, 2, GRAPH_TRAIN);
    golden_fill(t->x[0], PIXELS * 2 * C, 1);
    for (int i = 0; i < PIXELS * 2 * C; i++)
        t->x[0][i] *= 3;
    golden_fill(net_value(t, table), CLASSES * 2 * C, 2);
    for (int i = 0; classes && i < PIXELS; i++)
        t->x[1][2 * i + 1] = i == 0 ? 2 : i == IMAGE ? 0 : -1; /* first pixels count */
    return y;
}

static void test_op_gate__golden(void **state)
{
    (void)state;
    for (int classes = 0; classes < 2; classes++) {
        net t;
        float dy[PIXELS * C];
        node *y = start(&t, classes);
        golden_fill(dy, PIXELS * C, 4);
        net_forward(&t);
        assert_close(run_y(&t.r, y), classes ? gate_class_y : gate_y, PIXELS * C, 4e-7,
                     0);
        net_backward(&t, dy);
        assert_close(run_dy(&t.r, t.in[0]), classes ? gate_class_dx : gate_dx,
                     PIXELS * 2 * C, 4e-7, 0);
        if (classes)
            assert_close(net_grad(&t, 0), gate_class_dtable, CLASSES * 2 * C, 2e-6, 0);
        net_release(&t);
    }
}

/* sum of weight * gate(x + the class's row), in double */
typedef struct objective {
    const float *x, *table, *weight;
} objective;

static double objective_value(void *user)
{
    const objective *o = user;
    double value = 0;
    for (int i = 0; i < PIXELS; i++)
        for (int j = 0; j < C; j++) {
            const float *x = o->x + i * 2 * C, *u = o->table + (i < IMAGE ? 4 * C : 0);
            double a = (double)x[j] + (double)u[j];
            double b = (double)x[C + j] + (double)u[C + j];
            value += (double)o->weight[i * C + j] * tanh(a) / (1 + exp(-b));
        }
    return value;
}

static void test_op_gate__gradients(void **state)
{
    (void)state;
    net t;
    float x[PIXELS * 2 * C], table[CLASSES * 2 * C], weight[PIXELS * C];
    start(&t, true);
    memcpy(x, t.x[0], sizeof x);
    memcpy(table, net_value(&t, 0), sizeof table);
    net_fill_away_from_zero(weight, PIXELS * C, 9);
    net_forward(&t);
    net_backward(&t, weight);
    objective o = {x, table, weight};
    gradcheck c = {.step = 1e-3, .tol = 2e-5};
    gradcheck_array(&c, "x", x, run_dy(&t.r, t.in[0]), PIXELS * 2 * C, objective_value,
                    &o);
    gradcheck_array(&c, "table", table, net_grad(&t, 0), CLASSES * 2 * C,
                    objective_value, &o);
    gradcheck_assert(&c);
    float wrong[PIXELS * 2 * C];
    for (int i = 0; i < GRADCHECK_FAULTS; i++) {
        memcpy(wrong, run_dy(&t.r, t.in[0]), sizeof wrong);
        const char *fault = gradcheck_fault(i, wrong, PIXELS * 2 * C);
        gradcheck objects = {.step = 1e-3, .tol = 2e-5};
        gradcheck_array(&objects, "x", x, wrong, PIXELS * 2 * C, objective_value, &o);
        if (objects.bad == 0)
            fail_msg("%s: nobody objects", fault);
    }
    net_release(&t);
}

/* Two gates of one x, with and without a class, and one of the table alone. */
static void test_op_gate__shared(void **state)
{
    (void)state;
    net t = {0};
    int table = net_plain(&t, "table", PARAM_TRAINED, 2, CLASSES, 2 * C);
    net_begin(&t, false);
    node *x = net_input(&t, 3, 4, 2 * C, true), *fixed = net_input(&t, 3, 4, 2 * C, 0);
    node *label = net_input(&t, 3, 4, 1, false);
    node *p = graph_gate_class(&t.g, x, label, 0, table);
    node *q = graph_gate_class(&t.g, fixed, label, 0, table);
    graph_add(&t.g, graph_add(&t.g, p, q), graph_gate(&t.g, x));
    net_ready(&t, 2, GRAPH_TRAIN);
    for (int i = 0; i < PIXELS; i++)
        t.x[2][i] = i < IMAGE ? 1 : 2;
    gradcheck c = {.step = 0.03, .tol = 1e-3};
    gradcheck_net(&c, &t);
    gradcheck_assert(&c);
    assert_int_equal(c.checked, PIXELS * 2 * C + CLASSES * 2 * C);
    net_release(&t);
}

static void test_op_gate__limits(void **state)
{
    (void)state;
    net t;
    const float values[] = {-INFINITY, -200, -100, 100, 200, INFINITY};
    node *y = start(&t, false);
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 6; j++) {
            t.x[0][0] = values[i];
            t.x[0][C] = values[j];
            net_forward(&t);
            float want = j < 3 ? 0 : i < 3 ? -1 : 1;
            assert_close(run_y(&t.r, y), &want, 1, 1e-30, 1e-6);
        }
    t.x[0][0] = NAN;
    net_forward(&t);
    assert_true(isnan(run_y(&t.r, y)[0]));
    assert_false(isnan(run_y(&t.r, y)[1]));
    net_release(&t);
}

static void test_op_gate__refuses(void **state)
{
    (void)state;
    vq_error err;
    for (int fault = 0; fault < 3; fault++) {
        net t = {0};
        int table = net_plain(&t, "table", PARAM_TRAINED, 2, CLASSES, fault ? 6 : 5);
        net_begin(&t, false);
        node *x = net_input(&t, 3, 4, fault == 1 ? 5 : 6, false);
        node *codes = net_input(&t, fault == 2 ? 4 : 3, 4, 1, false);
        graph_gate_class(&t.g, x, codes, 0, table);
        assert_fails(graph_plan(&t.g, 1, GRAPH_TRAIN, &err), VQ_EINTERNAL, &err,
                     fault == 0   ? "no such table"
                     : fault == 1 ? "5 channels have no halves"
                                  : "3 x 4 against 4 x 4");
        net_release(&t);
    }
}

const struct CMUnitTest test_op_gate_suite[] = {
    cmocka_unit_test(test_op_gate__golden),  cmocka_unit_test(test_op_gate__gradients),
    cmocka_unit_test(test_op_gate__shared),  cmocka_unit_test(test_op_gate__limits),
    cmocka_unit_test(test_op_gate__refuses), {0},
};
