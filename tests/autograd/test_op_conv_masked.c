/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "autograd/golden.h"
#include "autograd/golden_fill.h"
#include "autograd/gradcheck.h"

#define CASES (sizeof golden_masks / sizeof *golden_masks)

static node *start(net *t, const golden_masked *c, conv_choice kernels)
{
    *t = (net){0};
    int w = net_conv_weight(t, "weight", c->c_out, c->c_in, c->kh, c->kw);
    int b = net_plain(t, "bias", PARAM_TRAINED, 1, c->c_out, 0);
    net_begin(t, false);
    t->g.kernels = kernels;
    node *x = net_input(t, c->h, c->w, c->c_in, true);
    node *y = graph_conv_masked(&t->g, x, w, b, c->above, c->left);
    net_ready(t, c->n, GRAPH_TRAIN);
    return y;
}

static void golden_case(const golden_masked *c, conv_choice kernels)
{
    net t;
    node *nd = start(&t, c, kernels);
    const param *w = &t.p.table[0];
    float *file = calloc(w->count, sizeof *file);
    float *dy = calloc(net_count(&t, nd), sizeof *dy);
    assert_true(file && dy);
    golden_fill(t.x[0], net_count(&t, t.in[0]), 1);
    golden_fill(file, w->count, 2);
    param_from_file(w, file, net_value(&t, 0));
    golden_fill(net_value(&t, 1), (size_t)c->c_out, 3);
    golden_fill(dy, net_count(&t, nd), 4);
    net_forward(&t);
    assert_int_equal(nd->y.h, c->h);
    assert_int_equal(nd->y.w, c->w);
    assert_close(run_y(&t.r, nd), c->y, net_count(&t, nd), 2e-5, 1e-4);
    net_backward(&t, dy);
    assert_close(run_dy(&t.r, t.in[0]), c->dx, net_count(&t, t.in[0]), 2e-5, 1e-4);
    param_to_file(w, net_grad(&t, 0), file);
    assert_close(file, c->dw, w->count, 2e-5, 1e-4);
    assert_close(net_grad(&t, 1), c->db, (size_t)c->c_out, 2e-5, 1e-4);
    free(file);
    free(dy);
    net_release(&t);
}

static void test_op_conv_masked__golden(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        golden_case(&golden_masks[i], CONV_FASTEST);
        golden_case(&golden_masks[i], CONV_LOCAL);
        golden_case(&golden_masks[i], CONV_REFERENCE);
    }
}

static void test_op_conv_masked__gradients(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++)
        for (conv_choice kernels = CONV_FASTEST; kernels <= CONV_REFERENCE; kernels++) {
            net t;
            start(&t, &golden_masks[i], kernels);
            gradcheck c = {.step = 0.5, .tol = 1e-4};
            gradcheck_net(&c, &t);
            gradcheck_assert(&c);
            net_release(&t);
        }
}

/* Does a change of pixel `from` change y at pixel `at`, bit for bit? */
static bool reaches(net *t, const node *y, const float *before, int from, int at)
{
    int c = t->in[0]->y.c;
    float *x = t->x[0] + (size_t)(from * c), kept = *x;
    *x += 1;
    net_forward(t);
    *x = kept;
    return memcmp(run_y(&t->r, y) + (size_t)(at * y->y.c), before + at * y->y.c,
                  (size_t)y->y.c * sizeof(float)) != 0;
}

/* Every pixel sees the taps' pixels and no other: in particular none that follows it.
 */
static void test_op_conv_masked__sees_its_taps(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        net t;
        golden_masked c = golden_masks[i];
        c.n = 1;
        node *y = start(&t, &c, CONV_LOCAL);
        net_forward(&t);
        float *before = malloc(net_count(&t, y) * sizeof *before);
        assert_non_null(before);
        memcpy(before, run_y(&t.r, y), net_count(&t, y) * sizeof *before);
        for (int from = 0; from < c.h * c.w; from++)
            for (int at = 0; at < c.h * c.w; at++) {
                int row = from / c.w - at / c.w + c.above;
                int col = from % c.w - at % c.w + c.left;
                bool want = row >= 0 && row < c.kh && col >= 0 && col < c.kw;
                if (reaches(&t, y, before, from, at) != want)
                    fail_msg("case %zu: pixel %d %s pixel %d", i, from,
                             want ? "does not reach" : "reaches", at);
            }
        free(before);
        net_release(&t);
    }
}

const struct CMUnitTest test_op_conv_masked_suite[] = {
    cmocka_unit_test(test_op_conv_masked__golden),
    cmocka_unit_test(test_op_conv_masked__gradients),
    cmocka_unit_test(test_op_conv_masked__sees_its_taps),
    {0},
};
