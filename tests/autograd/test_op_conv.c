/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "autograd/golden.h"
#include "autograd/golden_fill.h"
#include "autograd/gradcheck.h"

#define TOL 2e-5 /* of sums of up to 400 products of values below 1 */
#define REL 1e-4

static node *conv(net *t, bool transposed, node *x, int w, int b, int stride, int pad)
{
    return transposed ? graph_conv_transposed(&t->g, x, w, b, stride, pad)
                      : graph_conv(&t->g, x, w, b, stride, pad);
}

/* One convolution with a bias and a gradient for its input. */
static node *one_conv(net *t, const golden_conv *c, bool reference)
{
    int oc = c->transposed ? c->c_in : c->c_out,
        ic = c->transposed ? c->c_out : c->c_in;
    int w = net_conv_weight(t, "weight", oc, ic, c->kh, c->kw);
    int b = c->db ? net_plain(t, "bias", PARAM_TRAINED, 1, c->c_out, 0) : -1;
    net_begin(t, reference);
    node *x = net_input(t, c->h, c->w, c->c_in, true);
    node *y = conv(t, c->transposed, x, w, b, c->stride, c->pad);
    net_ready(t, c->n, GRAPH_TRAIN);
    return y;
}

static void golden_case(const golden_conv *c, bool reference)
{
    net t = {0};
    node *nd = one_conv(&t, c, reference);
    const param *w = &t.p.table[0];
    float *file = calloc(w->count, sizeof *file);
    float *dy = calloc(net_count(&t, nd), sizeof *dy);
    assert_true(file && dy);
    golden_fill(t.x[0], net_count(&t, t.in[0]), 1);
    golden_fill(file, w->count, 2);
    param_from_file(w, file, net_value(&t, 0));
    if (c->db)
        golden_fill(net_value(&t, 1), (size_t)c->c_out, 3);
    golden_fill(dy, net_count(&t, nd), 4);

    net_forward(&t);
    assert_int_equal(nd->y.h, c->out_h);
    assert_int_equal(nd->y.w, c->out_w);
    assert_close(run_y(&t.r, nd), c->y, net_count(&t, nd), TOL, REL);
    net_backward(&t, dy);
    assert_close(run_dy(&t.r, t.in[0]), c->dx, net_count(&t, t.in[0]), TOL, REL);
    param_to_file(w, net_grad(&t, 0), file);
    assert_close(file, c->dw, w->count, TOL, REL);
    if (c->db)
        assert_close(net_grad(&t, 1), c->db, (size_t)c->c_out, TOL, REL);
    free(file);
    free(dy);
    net_release(&t);
}

static void test_op_conv__golden(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden_convs / sizeof *golden_convs; i++) {
        golden_case(&golden_convs[i], true);
        golden_case(&golden_convs[i], false);
    }
}

static void test_op_conv__gradients(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden_convs / sizeof *golden_convs; i++)
        for (int reference = 0; reference < 2; reference++) {
            net t = {0};
            one_conv(&t, &golden_convs[i], reference);
            gradcheck c = {.step = 0.5, .tol = 1e-4};
            gradcheck_net(&c, &t);
            gradcheck_assert(&c);
            net_release(&t);
        }
}

static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

/* <conv(x), y> == <x, convT(y)> with one weight, for sizes where convT undoes conv's.
 */
static void test_op_conv__adjoint(void **state)
{
    (void)state;
    static const int geometry[][6] = {{4, 4, 2, 1, 6, 8}, /* kh kw stride pad h w */
                                      {3, 3, 1, 1, 5, 4},
                                      {1, 1, 1, 0, 3, 3},
                                      {3, 2, 1, 0, 6, 5},
                                      {5, 5, 3, 1, 9, 6}};
    for (size_t i = 0; i < sizeof geometry / sizeof *geometry; i++) {
        const int *s = geometry[i];
        net t = {0};
        int w = net_conv_weight(&t, "w", 7, 5, s[0], s[1]);
        net_begin(&t, false);
        node *x = net_input(&t, s[4], s[5], 5, false);
        node *fx = graph_conv(&t.g, x, w, -1, s[2], s[3]);
        assert_non_null(fx);
        node *y = net_input(&t, fx->y.h, fx->y.w, 7, false);
        node *fy = graph_conv_transposed(&t.g, y, w, -1, s[2], s[3]);
        assert_int_equal(fy->y.h, s[4]);
        assert_int_equal(fy->y.w, s[5]);
        graph_mse(&t.g, fx, y, 1); /* keeps both sides readable */
        graph_mse(&t.g, fy, x, 1);
        net_ready(&t, 2, GRAPH_TRAIN);
        net_forward(&t);
        double left = dot(run_y(&t.r, fx), t.x[1], net_count(&t, fx));
        double right = dot(t.x[0], run_y(&t.r, fy), net_count(&t, fy));
        float l = (float)left, r = (float)right;
        assert_close(&l, &r, 1, 1e-4, 1e-5);
        net_release(&t);
    }
}

/* An impulse in one weight and one pixel comes out at one place, with their product. */
static void test_op_conv__impulse(void **state)
{
    (void)state;
    for (int transposed = 0; transposed < 2; transposed++) {
        net t = {0};
        int w = net_conv_weight(&t, "w", 3, 3, 4, 4);
        net_begin(&t, false);
        node *x = net_input(&t, 6, 6, 3, false);
        node *y = conv(&t, transposed, x, w, -1, 2, 1);
        net_ready(&t, 1, GRAPH_INFER);
        memset(t.x[0], 0, net_count(&t, x) * sizeof(float));
        memset(net_value(&t, w), 0, t.p.table[w].count * sizeof(float));
        net_value(&t, w)[((2 * 4 + 1) * 3 + 0) * 3 + 2] = 3; /* tap (2,1), c 0, oc 2 */
        int c_in = transposed ? 2 : 0, c_out = transposed ? 0 : 2;
        t.x[0][(3 * 6 + 2) * 3 + c_in] = 5; /* row 3, column 2 */
        /* conv: row = (3 + pad - 2) / 2; transposed: row = 3 * 2 - pad + 2 */
        int row = transposed ? 7 : 1, col = transposed ? 4 : 1;
        net_forward(&t);
        const float *out = run_y(&t.r, y);
        for (int i = 0; i < (int)net_count(&t, y); i++) {
            float want = i == (row * y->y.w + col) * 3 + c_out ? 15 : 0;
            assert_close(&out[i], &want, 1, 1e-5, 0); /* Winograd rounds */
        }
        net_release(&t);
    }
}

static void test_op_conv__linear(void **state)
{
    (void)state;
    net t = {0};
    int w = net_conv_weight(&t, "w", 4, 3, 3, 3);
    net_begin(&t, false);
    node *a = net_input(&t, 5, 6, 3, false), *b = net_input(&t, 5, 6, 3, false);
    node *sum = net_input(&t, 5, 6, 3, false);
    node *fa = graph_conv(&t.g, a, w, -1, 1, 1), *fb = graph_conv(&t.g, b, w, -1, 1, 1);
    node *fab = graph_conv(&t.g, sum, w, -1, 1, 1);
    graph_mse(&t.g, graph_add(&t.g, fa, fb), fab, 1);
    net_ready(&t, 2, GRAPH_TRAIN);
    for (size_t i = 0; i < net_count(&t, a); i++)
        t.x[2][i] = t.x[0][i] + t.x[1][i];
    double loss = net_forward(&t);
    if (!(loss < 1e-12))
        fail_msg("conv(a) + conv(b) is %g from conv(a + b)", loss);
    net_release(&t);
}

/* Weights used by two convolutions, and an input read by both, add up. */
static void test_op_conv__shared(void **state)
{
    (void)state;
    for (int transposed = 0; transposed < 2; transposed++) {
        net t = {0};
        int w = net_conv_weight(&t, "w", 3, 3, 3, 3);
        int b = net_plain(&t, "b", PARAM_TRAINED, 1, 3, 0);
        net_begin(&t, false);
        node *x = net_input(&t, 4, 5, 3, true);
        node *p = conv(&t, transposed, x, w, b, 1, 1);
        node *q = conv(&t, transposed, p, w, b, 1, 1);
        node *s = conv(&t, transposed, x, w, -1, 1, 1);
        graph_add(&t.g, q, s);
        net_ready(&t, 2, GRAPH_TRAIN);
        gradcheck c = {.step = 0.01, .tol = 1e-3}; /* quadratic in w */
        gradcheck_net(&c, &t);
        gradcheck_assert(&c);
        net_release(&t);
    }
}

static void fill_gradients(net *t, float value)
{
    for (size_t i = 0; i < t->p.size; i++)
        t->grad[i] = value;
}

/* After run_zero the first writer of a weight's gradient replaces what is there, be it
 * NaN; whoever comes later adds, and so does a backward without run_zero. */
static void test_op_conv__first_gradient_replaces(void **state)
{
    (void)state;
    for (int c = 3; c <= 16; c += 13) { /* two kernels */
        net t = {0};
        int w = net_conv_weight(&t, "w", c, c, 3, 3);
        int b = net_plain(&t, "b", PARAM_TRAINED, 1, c, 0);
        net_begin(&t, false);
        node *p = graph_conv(&t.g, net_input(&t, 9, 5, c, false), w, b, 1, 1);
        node *q = graph_conv_transposed(&t.g, p, w, b, 1, 1);
        net_ready(&t, 2, GRAPH_TRAIN);
        assert_true(q->first_dw);
        assert_false(p->first_dw);
        float *dy = malloc(net_count(&t, q) * sizeof *dy);
        float *want = malloc(t.p.size * sizeof *want);
        assert_non_null(dy);
        assert_non_null(want);
        net_fill(dy, net_count(&t, q), 7, -1, 1);
        net_forward(&t);
        net_backward(&t, dy);
        memcpy(want, t.grad, t.p.size * sizeof *want);

        net_forward(&t);
        fill_gradients(&t, NAN);
        run_zero(&t.r);
        net_backward(&t, dy);
        for (int i = 0; i < t.p.n; i++)
            assert_memory_equal(net_grad(&t, i), want + t.p.table[i].offset,
                                t.p.table[i].count * sizeof *want);
        net_forward(&t);
        fill_gradients(&t, 1);
        net_backward(&t, dy);
        for (size_t i = 0; i < t.p.table[w].count; i++)
            want[t.p.table[w].offset + i] += 1;
        assert_close(net_grad(&t, w), want + t.p.table[w].offset, t.p.table[w].count,
                     1e-5, 1e-5);
        free(dy);
        free(want);
        net_release(&t);
    }
}

/* Backward leaves the input alone unless its gradient was asked for. */
static void test_op_conv__no_input_gradient(void **state)
{
    (void)state;
    net t = {0};
    int w = net_conv_weight(&t, "w", 3, 2, 3, 3);
    net_begin(&t, false);
    node *x = net_input(&t, 4, 5, 2, false);
    node *y = graph_conv(&t.g, x, w, -1, 1, 1);
    net_ready(&t, 2, GRAPH_TRAIN);
    assert_false(x->needs_dy);
    assert_true(y->needs_dy);
    assert_false(y->first_dx[0]);
    gradcheck c = {.step = 0.5, .tol = 1e-4};
    gradcheck_net(&c, &t);
    gradcheck_assert(&c);
    assert_int_equal(c.checked, 3 * 2 * 9);
    net_release(&t);
}

/* Bias gradients over many more rows than a block of the sum, and odd widths. */
static void test_op_conv__bias_of_large_images(void **state)
{
    (void)state;
    net t = {0};
    int w = net_conv_weight(&t, "w", 67, 1, 1, 1);
    int b = net_plain(&t, "b", PARAM_TRAINED, 1, 67, 0);
    net_begin(&t, true);
    node *y = graph_conv(&t.g, net_input(&t, 33, 31, 1, false), w, b, 1, 0);
    net_ready(&t, 5, GRAPH_TRAIN);
    size_t n = net_count(&t, y);
    float *dy = calloc(n, sizeof *dy), want[67];
    double sum[67] = {0};
    assert_non_null(dy);
    net_fill(dy, n, 7, 0, 1);
    for (size_t i = 0; i < n; i++)
        sum[i % 67] += (double)dy[i];
    for (int i = 0; i < 67; i++)
        want[i] = (float)sum[i];
    net_forward(&t);
    net_backward(&t, dy);
    assert_close(net_grad(&t, b), want, 67, 0, 5e-7);
    free(dy);
    net_release(&t);
}

const struct CMUnitTest test_op_conv_suite[] = {
    cmocka_unit_test(test_op_conv__golden),
    cmocka_unit_test(test_op_conv__gradients),
    cmocka_unit_test(test_op_conv__adjoint),
    cmocka_unit_test(test_op_conv__impulse),
    cmocka_unit_test(test_op_conv__linear),
    cmocka_unit_test(test_op_conv__shared),
    cmocka_unit_test(test_op_conv__first_gradient_replaces),
    cmocka_unit_test(test_op_conv__no_input_gradient),
    cmocka_unit_test(test_op_conv__bias_of_large_images),
    {0},
};
