/* SPDX-License-Identifier: MIT */
#include "net.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

void net_fill(float *v, size_t n, uint32_t seed, float low, float high)
{
    rng r = rng_make(20240229, RNG_WEIGHTS, seed);
    for (size_t i = 0; i < n; i++)
        v[i] = rng_uniform(&r, low, high);
}

void net_fill_away_from_zero(float *v, size_t n, uint32_t seed)
{
    rng r = rng_make(20240229, RNG_WEIGHTS, seed);
    for (size_t i = 0; i < n; i++) {
        float size = rng_uniform(&r, 0.3f, 1);
        v[i] = rng_below(&r, 2) ? size : -size;
    }
}

static int add_param(net *t, const param *spec)
{
    int index = params_add(&t->p, spec);
    assert_true(index >= 0);
    return index;
}

int net_conv_weight(net *t, const char *name, int oc, int c, int kh, int kw)
{
    param spec = {.rank = 4, .dims = {oc, c, kh, kw}, .layout = PARAM_CONV};
    strncpy(spec.name, name, sizeof spec.name - 1);
    return add_param(t, &spec);
}

int net_plain(net *t, const char *name, param_role role, int rank, int n0, int n1)
{
    param spec = {.rank = rank, .dims = {n0, n1}, .role = role};
    strncpy(spec.name, name, sizeof spec.name - 1);
    return add_param(t, &spec);
}

void net_begin(net *t, bool reference)
{
    graph_init(&t->g, &t->p, reference);
}

node *net_input(net *t, int h, int w, int c, bool needs_dy)
{
    node *nd = graph_input(&t->g, h, w, c);
    assert_non_null(nd);
    nd->needs_dy = needs_dy;
    t->in[t->n_inputs++] = nd;
    return nd;
}

/* Zeroed, at a cache line, as everything in an arena is. */
static float *floats(size_t n)
{
    size_t bytes = arena_round((n ? n : 1) * sizeof(float));
    float *v = aligned_alloc(ARENA_ALIGN, bytes);
    assert_non_null(v);
    return memset(v, 0, bytes);
}

/* Run and packed weights for the offsets that the graph has now. */
static void make_run(net *t)
{
    vq_error err;
    run_release(&t->r);
    assert_ok(run_init(&t->r, &t->g, &err), &err);
    t->r.n = t->n;
    t->r.scale = 1.0f / (float)t->n;
    t->r.packed = t->packed;
    t->r.grad = t->g.mode == GRAPH_TRAIN ? t->grad : NULL;
}

void net_ready(net *t, int n, graph_mode mode)
{
    vq_error err;
    t->n = n;
    if (!t->p.value) {
        assert_ok(params_allocate(&t->p, &err), &err);
        for (int i = 0; i < t->p.n; i++)
            net_fill(net_value(t, i), t->p.table[i].count, 100 + (uint32_t)i, -1, 1);
    }
    assert_ok(graph_plan(&t->g, n, mode, &err), &err);
    t->packed = floats(t->g.packed_floats);
    t->grad = floats(t->p.size);
    make_run(t);
    for (int i = 0; i < t->n_inputs; i++) {
        t->x[i] = floats(net_count(t, t->in[i]));
        net_fill(t->x[i], net_count(t, t->in[i]), 200 + (uint32_t)i, -1, 1);
    }
}

void net_release(net *t)
{
    for (int i = 0; i < t->n_inputs; i++)
        free(t->x[i]);
    free(t->packed);
    free(t->grad);
    run_release(&t->r);
    params_release(&t->p);
    *t = (net){0};
}

void net_unshare(net *t)
{
    size_t at = 0, scratch = t->g.run_floats - t->g.scratch_at;
    for (node *nd = t->g.nodes; nd < t->g.nodes + t->g.n_nodes; nd++) {
        size_t size = (net_count(t, nd) + 15) / 16 * 16;
        nd->y_at = at;
        nd->dy_at = at + size;
        nd->kept_at = at + 2 * size;
        at += 3 * size;
    }
    t->g.scratch_at = at;
    t->g.run_floats = at + scratch;
    make_run(t);
}

float *net_value(net *t, int index)
{
    return t->p.value + t->p.table[index].offset;
}

float *net_grad(net *t, int index)
{
    return t->grad + t->p.table[index].offset;
}

size_t net_count(const net *t, const node *nd)
{
    tensor y = nd->y;
    y.n = t->n;
    return tensor_count(y);
}

double net_forward(net *t)
{
    memset(t->r.base, 0xff, t->g.run_floats * sizeof(float)); /* NaN */
    for (int i = 0; i < t->n_inputs; i++)
        memcpy(run_y(&t->r, t->in[i]), t->x[i], net_count(t, t->in[i]) * sizeof(float));
    memset(t->grad, 0, t->p.size * sizeof(float));
    memset(t->r.loss, 0, sizeof t->r.loss);
    graph_pack(&t->g, 0, t->g.n_nodes, t->packed);
    graph_forward(&t->r);
    double loss = 0;
    for (int i = 0; i < LOSS_PARTS; i++)
        loss += t->r.loss[i];
    return loss;
}

void net_backward(net *t, const float *dy)
{
    const node *last = &t->g.nodes[t->g.n_nodes - 1];
    if (dy)
        memcpy(run_dy(&t->r, last), dy, net_count(t, last) * sizeof(float));
    graph_backward(&t->r);
}
