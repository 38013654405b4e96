/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "autograd/net.h"

/*
 * A random graph of 4x4x3 nodes: relu, add, conv, transposed conv and quantize over any
 * earlier nodes, ended by losses between what is left over. It is a function of seed
 * and of whether the mode has a backward.
 */
static void random_graph(net *t, uint32_t seed, graph_mode mode)
{
    rng r = rng_make(7, RNG_SHAPES, seed);
    int w = net_conv_weight(t, "w", 3, 3, 3, 3);
    int b = net_plain(t, "b", PARAM_TRAINED, 1, 3, 0);
    int codes = net_plain(t, "codes", PARAM_TRAINED, 2, 8, 3);
    int count = net_plain(t, "count", PARAM_STATISTIC, 1, 8, 0);
    quantize_attr attr = {.codebook_weight = 0.3f,
                          .commitment_weight = 0.2f,
                          .codebook = codes,
                          .ema_sum = -1,
                          .ema_count = count};
    graph *g = &t->g;
    net_begin(t, false);
    net_input(t, 4, 4, 3, rng_below(&r, 2));
    for (int i = 0; i < 12; i++) {
        if (i == 5)
            net_input(t, 4, 4, 3, rng_below(&r, 2));
        int recent = g->n_nodes < 3 ? g->n_nodes : 3;
        node *x = &g->nodes[rng_below(&r, (uint32_t)g->n_nodes)];
        node *y = &g->nodes[g->n_nodes - 1 - (int)rng_below(&r, (uint32_t)recent)];
        switch (rng_below(&r, 7)) {
        case 0:
            graph_conv(g, y, w, b, 1, 1);
            break;
        case 1:
            graph_conv_transposed(g, x, w, -1, 1, 1);
            break;
        case 2:
            graph_quantize(g, y, &attr);
            break;
        case 3:
        case 4:
            graph_relu(g, y);
            break;
        default:
            graph_add(g, x, y);
        }
    }
    /* sum all loose ends up, then for training compare with an input */
    bool used[GRAPH_MAX_NODES] = {0};
    for (int i = 0; i < g->n_nodes; i++)
        for (int j = 0; j < g->nodes[i].op->n_in; j++)
            used[g->nodes[i].in[j]->id] = true;
    node *sum = &g->nodes[g->n_nodes - 1];
    for (int i = 0, n = sum->id; i < n; i++)
        if (!used[i])
            sum = graph_add(g, sum, &g->nodes[i]);
    if (mode != GRAPH_INFER && rng_below(&r, 2))
        graph_mse(g, sum, t->in[0], 1);
    net_ready(t, 3, mode);
}

/* Everything that can be read of a run. */
typedef struct outcome {
    double loss;
    float *grad, *y, *y_after, *dx[2];
} outcome;

static float *copy_of(const float *v, size_t n)
{
    float *copy = malloc(n * sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, v, n * sizeof *copy);
    return copy;
}

static outcome outcome_of(net *t)
{
    const node *last = &t->g.nodes[t->g.n_nodes - 1];
    size_t n = net_count(t, t->in[0]);
    outcome o = {.loss = net_forward(t)};
    assert_true(isfinite(o.loss));
    if (!last->op->is_loss)
        o.y = copy_of(run_y(&t->r, last), n);
    if (t->g.mode != GRAPH_INFER)
        net_backward(t, o.y && last->needs_dy ? o.y : NULL);
    if (o.y)
        o.y_after = copy_of(run_y(&t->r, last), n);
    o.grad = copy_of(t->grad, t->p.size);
    for (int i = 0; i < 2; i++)
        if (t->g.mode != GRAPH_INFER && t->in[i]->needs_dy)
            o.dx[i] = copy_of(run_dy(&t->r, t->in[i]), n);
    return o;
}

static void outcome_release(outcome *o)
{
    free(o->grad);
    free(o->y);
    free(o->y_after);
    free(o->dx[0]);
    free(o->dx[1]);
}

static void assert_same(const float *a, const float *b, size_t n, uint32_t seed)
{
    for (size_t i = 0; a && i < n; i++)
        if (!(a[i] == b[i]))
            fail_msg("graph %u: value %zu is %.9g, without sharing %.9g", seed, i,
                     (double)a[i], (double)b[i]);
}

/* Sharing memory changes no bit, in 2,000 random graphs; memory starts as NaN. */
static void test_graph_plan__sharing(void **state)
{
    (void)state;
    static const graph_mode modes[] = {GRAPH_INFER, GRAPH_TRAIN, GRAPH_PROBE,
                                       GRAPH_TRAIN};
    for (uint32_t seed = 0; seed < 2000; seed++) {
        net t = {0};
        random_graph(&t, seed, modes[seed % 4]);
        size_t n = net_count(&t, t.in[0]), shared = t.g.run_floats;
        outcome a = outcome_of(&t);
        net_unshare(&t);
        outcome b = outcome_of(&t);
        assert_true(shared < t.g.run_floats);
        assert_true(a.loss == b.loss);
        assert_same(a.grad, b.grad, t.p.size, seed);
        assert_same(a.y, b.y, n, seed);
        assert_same(a.y_after, b.y, n, seed);
        assert_same(a.dx[0], b.dx[0], n, seed);
        assert_same(a.dx[1], b.dx[1], n, seed);
        outcome_release(&a);
        outcome_release(&b);
        net_release(&t);
    }
}

/* A chain of convolutions needs two buffers for inference, however long it is. */
static void test_graph_plan__infer_is_small(void **state)
{
    (void)state;
    net t = {0};
    int w = net_conv_weight(&t, "w", 4, 4, 3, 3);
    net_begin(&t, false);
    node *x = net_input(&t, 8, 8, 4, false);
    for (int i = 0; i < 20; i++)
        x = graph_relu(&t.g, graph_conv(&t.g, x, w, -1, 1, 1));
    net_ready(&t, 3, GRAPH_INFER);
    assert_int_equal(t.g.scratch_at, 2 * net_count(&t, x));
    net_release(&t);
}

/* Training keeps one buffer a layer, and three for what passes through. */
static void test_graph_plan__train_keeps_one_a_layer(void **state)
{
    (void)state;
    net t = {0};
    int w = net_conv_weight(&t, "w", 4, 4, 3, 3);
    net_begin(&t, false);
    node *in = net_input(&t, 8, 8, 4, false), *x = in;
    for (int i = 0; i < 20; i++)
        x = graph_relu(&t.g, graph_conv(&t.g, x, w, -1, 1, 1));
    graph_mse(&t.g, x, in, 1);
    net_ready(&t, 3, GRAPH_TRAIN);
    size_t floats = net_count(&t, x);
    assert_true(t.g.scratch_at <= 23 * floats);
    net_release(&t);
}

/* Without gradients of weights inputs get the same bits, and parameters nothing. */
static void test_graph_plan__probe_is_training_to_inputs(void **state)
{
    (void)state;
    int compared = 0;
    for (uint32_t seed = 0; seed < 1000; seed++) {
        net t = {0}, p = {0};
        random_graph(&t, seed, GRAPH_TRAIN);
        random_graph(&p, seed, GRAPH_PROBE);
        size_t n = net_count(&t, t.in[0]);
        outcome a = outcome_of(&p), b = outcome_of(&t);
        assert_true(p.g.run_floats <= t.g.run_floats);
        assert_true(p.g.packed_floats <= t.g.packed_floats);
        assert_true(a.loss == b.loss);
        assert_same(a.y, b.y, n, seed);
        for (int i = 0; i < 2; i++) {
            assert_same(a.dx[i], b.dx[i], n, seed);
            compared += a.dx[i] != NULL;
        }
        for (size_t i = 0; i < p.p.size; i++)
            assert_true(a.grad[i] == 0);
        outcome_release(&a);
        outcome_release(&b);
        net_release(&t);
        net_release(&p);
    }
    assert_true(compared > 500);
}

/* No layer's output is kept but that of a ReLU; what passes through needs three. */
static void test_graph_plan__probe_keeps_relus(void **state)
{
    (void)state;
    enum { LAYERS = 20, RELUS = 5 };
    net t = {0};
    int w = net_conv_weight(&t, "w", 4, 4, 3, 3);
    net_begin(&t, false);
    node *x = net_input(&t, 8, 8, 4, true);
    for (int i = 0; i < LAYERS; i++) {
        x = graph_conv(&t.g, x, w, -1, 1, 1);
        x = i < RELUS ? graph_relu(&t.g, x) : x;
    }
    net_ready(&t, 3, GRAPH_PROBE);
    size_t floats = net_count(&t, x);
    assert_true(t.g.scratch_at <= (RELUS + 3) * floats);
    assert_ok(graph_plan(&t.g, 3, GRAPH_TRAIN, NULL), &(vq_error){""});
    assert_true(t.g.scratch_at >= LAYERS * floats);
    net_release(&t);
}

/* The same graph may be planned again, for another size or mode. */
static void test_graph_plan__again(void **state)
{
    (void)state;
    vq_error err;
    net t = {0};
    random_graph(&t, 4, GRAPH_TRAIN);
    graph_mode modes[] = {GRAPH_INFER, GRAPH_PROBE, GRAPH_TRAIN};
    size_t first = t.g.run_floats;
    for (int i = 0; i < 3; i++)
        assert_ok(graph_plan(&t.g, 3, modes[i], &err), &err);
    assert_int_equal(t.g.run_floats, first);
    assert_ok(graph_plan(&t.g, 1, GRAPH_TRAIN, &err), &err);
    assert_true(t.g.run_floats < first);
    net_release(&t);
}

static size_t packed_floats(const node *nd, conv_map map)
{
    return nd->attr.conv.kernel->packed_size(&nd->attr.conv.shape, map);
}

/* Weights are packed for what will be run alone: no gradients where only inference is
 * planned, and none for an input that needs none. */
static void test_graph_plan__packs_what_it_runs(void **state)
{
    (void)state;
    net t = {0};
    int w = net_conv_weight(&t, "w", 16, 16, 3, 3);
    net_begin(&t, false);
    node *x = net_input(&t, 4, 4, 16, false);
    node *a = graph_conv(&t.g, x, w, -1, 1, 1);
    node *b = graph_conv_transposed(&t.g, a, w, -1, 1, 1);
    size_t forward = packed_floats(a, CONV_APPLY) + packed_floats(b, CONV_ADJOINT);
    assert_int_equal(graph_plan(&t.g, 1, GRAPH_INFER, NULL), VQ_OK);
    assert_int_equal(t.g.packed_floats, forward);
    assert_int_equal(graph_plan(&t.g, 1, GRAPH_TRAIN, NULL), VQ_OK);
    assert_int_equal(t.g.packed_floats, forward + packed_floats(b, CONV_APPLY));
    assert_int_equal(graph_plan(&t.g, 1, GRAPH_PROBE, NULL), VQ_OK);
    assert_int_equal(t.g.packed_floats, forward);
    x->needs_dy = true;
    assert_int_equal(graph_plan(&t.g, 1, GRAPH_PROBE, NULL), VQ_OK);
    assert_int_equal(t.g.packed_floats, forward + packed_floats(b, CONV_APPLY) +
                                            packed_floats(a, CONV_ADJOINT));
    net_release(&t);
}

const struct CMUnitTest test_graph_plan_suite[] = {
    cmocka_unit_test(test_graph_plan__sharing),
    cmocka_unit_test(test_graph_plan__infer_is_small),
    cmocka_unit_test(test_graph_plan__train_keeps_one_a_layer),
    cmocka_unit_test(test_graph_plan__probe_is_training_to_inputs),
    cmocka_unit_test(test_graph_plan__probe_keeps_relus),
    cmocka_unit_test(test_graph_plan__again),
    cmocka_unit_test(test_graph_plan__packs_what_it_runs),
    {0},
};
