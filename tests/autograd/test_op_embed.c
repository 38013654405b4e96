/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <string.h>

#include "autograd/golden.h"
#include "autograd/golden_fill.h"
#include "autograd/gradcheck.h"

#define PIXELS 24 /* 2 images of 3 x 4 */
#define K 7
#define C 5

/* Codes in channel 1 of 2; channel 0 holds what no table has. */
static node *start(net *t)
{
    *t = (net){0};
    int table = net_plain(t, "table", PARAM_TRAINED, 2, K, C);
    net_begin(t, false);
    node *y = graph_embed(&t->g, net_input(t, 3, 4, 2, false), 1, table);
    net_ready(t, 2, GRAPH_TRAIN);
    float codes[PIXELS];
    golden_codes(codes, PIXELS, 1, K);
    for (int i = 0; i < PIXELS; i++) {
        t->x[0][2 * i] = -1;
        t->x[0][2 * i + 1] = codes[i];
    }
    golden_fill(net_value(t, table), K * C, 2);
    return y;
}

static void test_op_embed__golden(void **state)
{
    (void)state;
    net t;
    float dy[PIXELS * C];
    node *y = start(&t);
    golden_fill(dy, PIXELS * C, 4);
    net_forward(&t);
    assert_close(run_y(&t.r, y), embed_y, PIXELS * C, 1e-7, 1e-6);
    net_backward(&t, dy);
    assert_close(net_grad(&t, 0), embed_dtable, K * C, 1e-6, 1e-6);
    net_release(&t);
}

static void test_op_embed__gradients(void **state)
{
    (void)state;
    net t;
    start(&t);
    gradcheck c = {.step = 0.5, .tol = 1e-4};
    gradcheck_net(&c, &t);
    gradcheck_assert(&c);
    assert_int_equal(c.checked, K * C);
    net_release(&t);
}

/* A code's row gets the sum of its pixels, and a row that no code names gets nothing.
 */
static void test_op_embed__adjoint(void **state)
{
    (void)state;
    net t;
    float dy[PIXELS * C], sum[C] = {0};
    node *y = start(&t);
    for (int i = 0; i < PIXELS; i++)
        if (t.x[0][2 * i + 1] == 3)
            t.x[0][2 * i + 1] = 4;
    net_fill(dy, PIXELS * C, 7, -1, 1);
    net_forward(&t);
    net_backward(&t, dy);
    for (int i = 0; i < PIXELS; i++)
        for (int j = 0; j < C && t.x[0][2 * i + 1] == 4; j++)
            sum[j] += dy[i * C + j];
    assert_close(net_grad(&t, 0) + 4 * C, sum, C, 1e-6, 1e-6);
    memset(sum, 0, sizeof sum);
    assert_memory_equal(net_grad(&t, 0) + 3 * C, sum, sizeof sum);
    assert_ptr_equal(y->in[0], t.in[0]);
    net_release(&t);
}

static void test_op_embed__refuses(void **state)
{
    (void)state;
    vq_error err;
    for (int fault = 0; fault < 3; fault++) {
        net t = {0};
        int table = net_plain(&t, "table", PARAM_TRAINED, fault == 0 ? 1 : 2, K, C);
        net_begin(&t, false);
        node *x = net_input(&t, 3, 4, 2, false);
        graph_embed(&t.g, x, fault == 1 ? 2 : 1, fault == 2 ? 1 : table);
        assert_fails(graph_plan(&t.g, 1, GRAPH_TRAIN, &err), VQ_EINTERNAL, &err,
                     fault == 1 ? "no channel 2 of 2" : "no such table");
        net_release(&t);
    }
}

const struct CMUnitTest test_op_embed_suite[] = {
    cmocka_unit_test(test_op_embed__golden),
    cmocka_unit_test(test_op_embed__gradients),
    cmocka_unit_test(test_op_embed__adjoint),
    cmocka_unit_test(test_op_embed__refuses),
    {0},
};
