/*
 * SPDX-License-Identifier: MIT
 *
 * Running a planned graph: walks over the nodes, and where each one's memory is.
 */
#include <assert.h>
#include <string.h>

#include "autograd/graph.h"

vq_status run_init(run *r, const graph *g, vq_error *err)
{
    *r = (run){.g = g};
    size_t bytes = g->run_floats * sizeof(float);
    vq_status status = arena_init(&r->memory, bytes, err);
    if (status == VQ_OK)
        r->base = arena_take(&r->memory, bytes);
    return status;
}

void run_release(run *r)
{
    arena_release(&r->memory);
    *r = (run){0};
}

float *run_y(const run *r, const node *nd)
{
    return r->base + nd->y_at;
}

float *run_dy(const run *r, const node *nd)
{
    assert(r->g->mode != GRAPH_INFER && nd->needs_dy);
    return r->base + nd->dy_at;
}

float *run_kept(const run *r, const node *nd)
{
    return r->base + nd->kept_at;
}

int32_t *run_codes(const run *r, const node *nd)
{
    return (int32_t *)run_kept(r, nd);
}

float *run_scratch(const run *r)
{
    return r->base + r->g->scratch_at;
}

const float *run_packed(const run *r, const node *nd, direction dir)
{
    return r->packed + nd->packed_at[dir];
}

size_t run_count(const run *r, const node *nd)
{
    tensor y = nd->y;
    y.n = r->n;
    return tensor_count(y);
}

const float *run_value(const run *r, int index)
{
    const params *p = r->g->p;
    return p->value + p->table[index].offset;
}

float *run_gradient(const run *r, int index)
{
    return r->grad + r->g->p->table[index].offset;
}

void graph_pack(const graph *g, int first, int last, float *packed)
{
    for (const node *nd = g->nodes + first; nd < g->nodes + last; nd++) {
        if (nd->op->pack)
            nd->op->pack(nd, FORWARD, g->p, packed + nd->packed_at[FORWARD]);
        if (nd->op->pack && graph_goes_back(g, nd))
            nd->op->pack(nd, BACKWARD, g->p, packed + nd->packed_at[BACKWARD]);
    }
}

void run_zero(run *r)
{
    const graph *g = r->g;
    bool kept[PARAMS_MAX] = {0};
    for (const node *nd = g->nodes; nd < g->nodes + g->n_nodes; nd++)
        if (nd->first_dw && nd->op->sets_dw)
            kept[nd->weight] = true;
    for (int i = 0; i < g->p->n; i++)
        if (!kept[i])
            memset(run_gradient(r, i), 0, g->p->table[i].count * sizeof *r->grad);
    r->fresh = true;
}

void graph_forward(run *r)
{
    const graph *g = r->g;
    assert(r->n >= 1 && r->n <= g->max_n);
    for (const node *nd = g->nodes; nd < g->nodes + g->n_nodes; nd++)
        if (nd->op->forward)
            nd->op->forward(nd, r);
}

void graph_backward(run *r)
{
    const graph *g = r->g;
    assert(g->mode != GRAPH_INFER);
    for (const node *nd = g->nodes + g->n_nodes; nd-- > g->nodes;)
        if (nd->op->backward && nd->needs_dy)
            nd->op->backward(nd, r);
    r->fresh = false;
}
