/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <string.h>

#include "autograd/golden.h"
#include "autograd/golden_fill.h"
#include "autograd/gradcheck.h"

#define ROWS 18 /* 2 images of 3 x 3 */
#define D 4

static node *start(net *t, graph_mode mode)
{
    *t = (net){0};
    net_plain(t, "none", PARAM_STATISTIC, 1, 1, 0);
    net_begin(t, false);
    node *x = net_input(t, 3, 3, D, true), *y = graph_normalize(&t->g, x);
    net_ready(t, 2, mode);
    return y;
}

static void test_op_normalize__golden(void **state)
{
    (void)state;
    net t;
    float dy[ROWS * D];
    node *y = start(&t, GRAPH_TRAIN);
    golden_fill(t.x[0], ROWS * D, 1);
    memset(t.x[0] + D, 0, D * sizeof(float));
    golden_fill(dy, ROWS * D, 4);
    net_forward(&t);
    assert_close(run_y(&t.r, y), normalize_y, ROWS * D, 0, 1e-6);
    net_backward(&t, dy);
    assert_close(run_dy(&t.r, t.in[0]), normalize_dx, ROWS * D, 1e-6, 1e-6);
    net_release(&t);
}

/* Rows have length 1 at any scale, and the gradient has nothing along them. */
static void test_op_normalize__unit_rows(void **state)
{
    (void)state;
    for (int power = -18; power <= 18; power += 6) {
        net t;
        float dy[ROWS * D], x[ROWS * D], scale = powf(10, (float)power);
        node *y = start(&t, GRAPH_TRAIN);
        net_fill(dy, ROWS * D, 7, -1, 1);
        for (int i = 0; i < ROWS * D; i++)
            t.x[0][i] *= scale;
        memcpy(x, t.x[0], sizeof x);
        net_forward(&t);
        net_backward(&t, dy);
        const float *v = run_y(&t.r, y), *dx = run_dy(&t.r, t.in[0]);
        for (int i = 0; i < ROWS; i++) {
            float length = 0, along = 0, size = 0;
            for (int j = i * D; j < (i + 1) * D; j++) {
                length += v[j] * v[j];
                along += v[j] * dx[j];
                size += fabsf(dx[j]);
            }
            if (power > -12)
                assert_true(fabsf(length - 1) < 1e-5f);
            assert_true(fabsf(along) <= 1e-5f * size);
        }
        net_release(&t);
    }
}

/* sum weight x / |x|, in double */
typedef struct objective {
    const float *x, *weight;
} objective;

static double objective_value(void *user)
{
    const objective *o = user;
    double value = 0;
    for (int i = 0; i < ROWS * D; i += D) {
        double length = 0;
        for (int j = i; j < i + D; j++)
            length += (double)o->x[j] * (double)o->x[j];
        for (int j = i; j < i + D; j++)
            value += (double)o->weight[j] * (double)o->x[j] / sqrt(length);
    }
    return value;
}

static void test_op_normalize__gradients(void **state)
{
    (void)state;
    net t;
    float x[ROWS * D], weight[ROWS * D], wrong[ROWS * D];
    start(&t, GRAPH_TRAIN);
    net_fill_away_from_zero(t.x[0], ROWS * D, 3);
    net_fill_away_from_zero(weight, ROWS * D, 300);
    memcpy(x, t.x[0], sizeof x);
    net_forward(&t);
    net_backward(&t, weight);
    objective o = {x, weight};
    gradcheck c = {.step = 1e-3, .tol = 1e-5};
    gradcheck_array(&c, "x", x, run_dy(&t.r, t.in[0]), ROWS * D, objective_value, &o);
    gradcheck_assert(&c);
    gradcheck_objects(&c, "x", x, run_dy(&t.r, t.in[0]), ROWS * D, objective_value, &o);
    memcpy(wrong, run_dy(&t.r, t.in[0]), sizeof wrong);
    for (int i = 0; i < ROWS * D; i++)
        wrong[i] += 0.05f * x[i];
    gradcheck objects = {.step = c.step, .tol = c.tol};
    gradcheck_array(&objects, "x", x, wrong, ROWS * D, objective_value, &o);
    if (objects.bad == 0)
        fail_msg("not perpendicular to the row: nobody objects");
    net_release(&t);
}

const struct CMUnitTest test_op_normalize_suite[] = {
    cmocka_unit_test(test_op_normalize__golden),
    cmocka_unit_test(test_op_normalize__unit_rows),
    cmocka_unit_test(test_op_normalize__gradients),
    {0},
};
