/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <string.h>

#include "autograd/golden.h"
#include "autograd/golden_fill.h"
#include "autograd/gradcheck.h"

#define ROWS 18 /* 2 images of 3 x 3 */
#define D 4

static const fsq levels = {D, {8, 5, 2, 3}};

typedef struct quantizer {
    net t;
    int count;
    node *z, *y;
} quantizer;

static void start(quantizer *q, graph_mode mode)
{
    *q = (quantizer){0};
    q->count = net_plain(&q->t, "count", PARAM_STATISTIC, 1, fsq_codes(&levels), 0);
    net_begin(&q->t, false);
    q->z = net_input(&q->t, 3, 3, D, true);
    q->y = graph_fsq(&q->t.g, q->z, &levels, q->count);
    net_ready(&q->t, 2, mode);
    golden_fill(q->t.x[0], ROWS * D, 1);
    for (int i = 0; i < ROWS * D; i++)
        q->t.x[0][i] *= 2;
}

static void test_op_fsq__golden(void **state)
{
    (void)state;
    quantizer q;
    float dy[ROWS * D], row[D];
    start(&q, GRAPH_TRAIN);
    golden_fill(dy, ROWS * D, 4);
    net_forward(&q.t);
    assert_close(run_y(&q.t.r, q.y), fsq_y, ROWS * D, 0, 1e-6);
    assert_memory_equal(run_codes(&q.t.r, q.y), fsq_codes_of, sizeof fsq_codes_of);
    for (int i = 0; i < ROWS; i++) { /* the code's row is the output, bit for bit */
        fsq_row(&levels, fsq_codes_of[i], row);
        assert_memory_equal(row, run_y(&q.t.r, q.y) + i * D, sizeof row);
    }
    net_backward(&q.t, dy);
    assert_close(run_dy(&q.t.r, q.z), fsq_dz, ROWS * D, 1e-6, 1e-5);
    float count = 0;
    for (int i = 0; i < fsq_codes(&levels); i++)
        count += net_grad(&q.t, q.count)[i];
    assert_true(count == ROWS);
    net_release(&q.t);
}

/* Every code is one row of its own, and quantising its cell's middle gives it back. */
static void test_op_fsq__every_code(void **state)
{
    (void)state;
    quantizer q;
    for (int first = 0; first < fsq_codes(&levels); first += ROWS) {
        start(&q, GRAPH_INFER);
        for (int i = 0; i < ROWS; i++) {
            float row[D];
            fsq_row(&levels, (first + i) % fsq_codes(&levels), row);
            for (int j = 0; j < D; j++) {
                int l = levels.levels[j];
                double half = (l - 1) * (1 + 1e-3) / 2, off = l % 2 ? 0 : 0.5;
                double level = (double)row[j] * (l / 2); /* undo the formula */
                double t = fmin(fmax((level + off) / half, -0.9999), 0.9999);
                q.t.x[0][i * D + j] = (float)(atanh(t) - atanh(off / half));
            }
        }
        net_forward(&q.t);
        for (int i = 0; i < ROWS; i++)
            assert_int_equal(run_codes(&q.t.r, q.y)[i],
                             (first + i) % fsq_codes(&levels));
        net_release(&q.t);
    }
}

/* What a row is bounded to lies nearest to the row of its code. */
static void test_op_fsq__bounded(void **state)
{
    (void)state;
    quantizer q;
    float rows[ROWS * D];
    start(&q, GRAPH_INFER);
    memcpy(rows, q.t.x[0], sizeof rows);
    fsq_bound(&levels, rows, ROWS);
    net_forward(&q.t);
    for (int i = 0; i < ROWS; i++) {
        double least = (double)INFINITY;
        int nearest = -1;
        for (int code = 0; code < fsq_codes(&levels); code++) {
            float row[D];
            double distance = 0;
            fsq_row(&levels, code, row);
            for (int j = 0; j < D; j++)
                distance += pow((double)row[j] - (double)rows[i * D + j], 2);
            nearest = distance < least ? code : nearest;
            least = fmin(distance, least);
        }
        assert_int_equal(run_codes(&q.t.r, q.y)[i], nearest);
    }
    net_release(&q.t);
}

/* sum dy (tanh(z + shift) h - off) / floor(L/2): the function without its rounding */
typedef struct smooth {
    const float *z, *dy;
} smooth;

static double smooth_value(void *user)
{
    const smooth *s = user;
    double value = 0;
    for (int i = 0; i < ROWS * D; i++) {
        int l = levels.levels[i % D];
        double half = (l - 1) * (1 + 1e-3) / 2, off = l % 2 ? 0 : 0.5;
        double bound = tanh((double)s->z[i] + atanh(off / half)) * half - off;
        value += (double)s->dy[i] * bound / (l / 2);
    }
    return value;
}

static void test_op_fsq__gradients(void **state)
{
    (void)state;
    quantizer q;
    float z[ROWS * D], dy[ROWS * D];
    start(&q, GRAPH_TRAIN);
    memcpy(z, q.t.x[0], sizeof z);
    net_fill_away_from_zero(dy, ROWS * D, 5);
    net_forward(&q.t);
    net_backward(&q.t, dy);
    smooth s = {z, dy};
    gradcheck c = {.step = 1e-3, .tol = 1e-5};
    gradcheck_array(&c, "z", z, run_dy(&q.t.r, q.z), ROWS * D, smooth_value, &s);
    gradcheck_assert(&c);
    gradcheck_objects(&c, "z", z, run_dy(&q.t.r, q.z), ROWS * D, smooth_value, &s);
    net_release(&q.t);
}

static void test_op_fsq__refused(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        vq_error err;
        net t = {0};
        int count = net_plain(&t, "count", PARAM_STATISTIC, 1, 240 + i, 0);
        net_begin(&t, false);
        assert_null(graph_fsq(&t.g, net_input(&t, 3, 3, D - !i, true), &levels, count));
        assert_fails(graph_plan(&t.g, 2, GRAPH_TRAIN, &err), VQ_EINTERNAL, &err,
                     "4 levels and their codes for");
        net_release(&t);
    }
}

const struct CMUnitTest test_op_fsq_suite[] = {
    cmocka_unit_test(test_op_fsq__golden),  cmocka_unit_test(test_op_fsq__every_code),
    cmocka_unit_test(test_op_fsq__bounded), cmocka_unit_test(test_op_fsq__gradients),
    cmocka_unit_test(test_op_fsq__refused), {0},
};
