/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <string.h>

#include "autograd/golden.h"
#include "autograd/golden_fill.h"
#include "autograd/gradcheck.h"

/* A failed builder returns NULL, later ones accept it, and graph_plan has the reason.
 */
static void assert_refused(net *t, const char *reason)
{
    vq_error err;
    assert_null(graph_relu(&t->g, NULL));
    assert_null(graph_add(&t->g, NULL, NULL));
    assert_null(graph_input(&t->g, 1, 1, 1));
    assert_fails(graph_plan(&t->g, 1, GRAPH_TRAIN, &err), VQ_EINTERNAL, &err, reason);
    assert_int_equal(graph_plan(&t->g, 1, GRAPH_TRAIN, NULL), VQ_EINTERNAL);
    net_begin(t, false);
    t->n_inputs = 0;
}

static void test_graph__refused(void **state)
{
    (void)state;
    net t = {0};
    int w = net_conv_weight(&t, "w", 4, 3, 3, 3);
    int b = net_plain(&t, "b", PARAM_TRAINED, 1, 3, 0);
    int plain = net_plain(&t, "p", PARAM_TRAINED, 2, 3, 3);
    net_begin(&t, false);

    assert_null(graph_relu(&t.g, NULL));
    assert_refused(&t, "node 0 (relu): input 0 is missing");
    assert_null(graph_input(&t.g, 4, 0, 3));
    assert_refused(&t, "node 0 (input): no room for 4 x 0 x 3 values");
    assert_null(graph_input(&t.g, 1 << 20, 1 << 20, 3));
    assert_refused(&t, "no room for 1048576 x 1048576 x 3 values");
    assert_null(graph_conv(&t.g, net_input(&t, 4, 4, 2, false), w, -1, 1, 1));
    assert_refused(&t, "node 1 (conv): 'w' wants 3 channels, not 2");
    assert_null(
        graph_conv_transposed(&t.g, net_input(&t, 4, 4, 3, false), w, -1, 1, 1));
    assert_refused(&t, "node 1 (conv_transposed): 'w' wants 4 channels, not 3");
    assert_null(graph_conv(&t.g, net_input(&t, 4, 4, 3, false), w, b, 1, 1));
    assert_refused(&t, "node 1 (conv): 'w' and 'b' do not fit");
    assert_null(graph_conv(&t.g, net_input(&t, 4, 4, 3, false), plain, -1, 1, 1));
    assert_refused(&t, "no such weight or bias");
    assert_null(graph_conv(&t.g, net_input(&t, 4, 4, 3, false), 3, -1, 1, 1));
    assert_refused(&t, "no such weight or bias");
    assert_null(graph_conv(&t.g, net_input(&t, 4, 4, 3, false), w, plain, 1, 1));
    assert_refused(&t, "no such weight or bias");
    assert_null(graph_conv(&t.g, net_input(&t, 4, 4, 3, false), w, -1, 0, 1));
    assert_refused(&t, "stride 0, padding 1");
    assert_null(graph_conv(&t.g, net_input(&t, 2, 2, 3, false), w, -1, 1, 0));
    assert_refused(&t, "node 1 (conv): no room for 0 x 0 x 4 values");
    assert_null(
        graph_conv_transposed(&t.g, net_input(&t, 1, 1, 4, false), w, -1, 1, 3));
    assert_refused(&t, "no room for -3 x -3 x 3 values");
    assert_null(
        graph_add(&t.g, net_input(&t, 4, 4, 3, false), net_input(&t, 4, 3, 3, false)));
    assert_refused(&t, "(add): 4 x 4 x 3 against 4 x 3 x 3");
    assert_null(graph_mse(&t.g, net_input(&t, 4, 4, 3, false),
                          net_input(&t, 4, 4, 2, false), 1));
    assert_refused(&t, " against 4 x 4 x ");
    for (int i = 0; i < GRAPH_MAX_NODES; i++)
        assert_non_null(graph_input(&t.g, 1, 1, 1));
    assert_null(graph_input(&t.g, 1, 1, 1));
    assert_refused(&t, "the graph is full: 384 nodes");
    net_release(&t);
}

static void test_graph__no_plan(void **state)
{
    (void)state;
    vq_error err;
    net t = {0};
    net_begin(&t, false);
    assert_fails(graph_plan(&t.g, 1, GRAPH_TRAIN, &err), VQ_EINTERNAL, &err,
                 "nothing to plan: 0 nodes, 1 images");
    node *x = net_input(&t, 1 << 15, 1 << 15, 1, false), *y = graph_relu(&t.g, x);
    assert_fails(graph_plan(&t.g, 0, GRAPH_TRAIN, &err), VQ_EINTERNAL, &err,
                 "nothing to plan: 2 nodes, 0 images");
    assert_fails(graph_plan(&t.g, 2, GRAPH_TRAIN, &err), VQ_EINTERNAL, &err,
                 "2 images of 32768 x 32768 x 1 are too large");
    graph_relu(&t.g, x);
    assert_fails(graph_plan(&t.g, 1, GRAPH_TRAIN, &err), VQ_EINTERNAL, &err,
                 "node 1 (relu) is used by no other");
    graph_mse(&t.g, x, y, 1);
    assert_fails(graph_plan(&t.g, 1, GRAPH_TRAIN, &err), VQ_EINTERNAL, &err,
                 "node 2 (relu) is used by no other");
    net_release(&t);
}

/* make_golden.py's residual(): the composition of all but the quantizer. */
static void golden_residual(bool relu_skip, float loss, const float *dx,
                            const float *const dw[4], const float *const db[2])
{
    static const int dims[4][4] = {
        {4, 2, 3, 3}, {3, 4, 3, 3}, {4, 3, 1, 1}, {4, 2, 3, 3}};
    net t = {0};
    int w[4], b[2];
    float file[4 * 4 * 9];
    for (int i = 0; i < 4; i++)
        w[i] = net_conv_weight(&t, (char[]){'w', (char)('0' + i), 0}, dims[i][0],
                               dims[i][1], dims[i][2], dims[i][3]);
    b[0] = net_plain(&t, "b0", PARAM_TRAINED, 1, 4, 0);
    b[1] = net_plain(&t, "b1", PARAM_TRAINED, 1, 2, 0);
    net_begin(&t, false);
    node *x = net_input(&t, 4, 6, 2, true);
    node *h = graph_conv(&t.g, x, w[0], b[0], 1, 1), *r = graph_relu(&t.g, h);
    node *f = graph_relu(&t.g, graph_conv(&t.g, r, w[1], -1, 1, 1));
    f = graph_conv(&t.g, f, w[2], -1, 1, 0);
    h = graph_relu(&t.g, graph_add(&t.g, relu_skip ? r : h, f));
    node *y = graph_conv_transposed(&t.g, h, w[3], b[1], 1, 1);
    graph_mse(&t.g, y, x, 3);
    net_ready(&t, 2, GRAPH_TRAIN);
    golden_fill(t.x[0], net_count(&t, x), 1);
    for (int i = 0; i < 4; i++) {
        golden_fill(file, t.p.table[w[i]].count, 2 + (uint32_t)i);
        param_from_file(&t.p.table[w[i]], file, net_value(&t, w[i]));
    }
    for (int i = 0; i < 2; i++)
        golden_fill(net_value(&t, b[i]), t.p.table[b[i]].count, 6 + (uint32_t)i);

    float got = (float)net_forward(&t);
    assert_close(&got, &loss, 1, 0, 1e-5);
    net_backward(&t, NULL);
    assert_close(run_dy(&t.r, x), dx, net_count(&t, x), 1e-5, 1e-4);
    for (int i = 0; i < 4; i++) {
        param_to_file(&t.p.table[w[i]], net_grad(&t, w[i]), file);
        assert_close(file, dw[i], t.p.table[w[i]].count, 1e-5, 1e-4);
    }
    for (int i = 0; i < 2; i++)
        assert_close(net_grad(&t, b[i]), db[i], t.p.table[b[i]].count, 1e-5, 1e-4);
    net_release(&t);
}

static void test_graph__golden_residual(void **state)
{
    (void)state;
    golden_residual(false, residual_identity_loss[0], residual_identity_dx,
                    (const float *[]){residual_identity_dw0, residual_identity_dw1,
                                      residual_identity_dw2, residual_identity_dw3},
                    (const float *[]){residual_identity_db0, residual_identity_db1});
    golden_residual(true, residual_relu_loss[0], residual_relu_dx,
                    (const float *[]){residual_relu_dw0, residual_relu_dw1,
                                      residual_relu_dw2, residual_relu_dw3},
                    (const float *[]){residual_relu_db0, residual_relu_db1});
}

static void test_graph__out_of_memory(void **state)
{
    (void)state;
    vq_error err;
    run r;
    net t = {0};
    net_begin(&t, false);
    graph_relu(&t.g, net_input(&t, 4, 4, 1, false));
    net_ready(&t, 1, GRAPH_INFER);
    support_alloc_fail_at(1);
    assert_fails(run_init(&r, &t.g, &err), VQ_ENOMEM, &err, "cannot allocate");
    run_release(&r);
    net_release(&t);
}

const struct CMUnitTest test_graph_suite[] = {
    cmocka_unit_test(test_graph__refused),
    cmocka_unit_test(test_graph__no_plan),
    cmocka_unit_test(test_graph__golden_residual),
    cmocka_unit_test(test_graph__out_of_memory),
    {0},
};
