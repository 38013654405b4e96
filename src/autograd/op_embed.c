/*
 * SPDX-License-Identifier: MIT
 *
 * y = the row of a table that a pixel's code names. Codes come as floats in a channel
 * of an input, where every integer below 2^24 is itself; nothing flows back to them.
 * Tested in tests/autograd/test_op_embed.c.
 */
#include <assert.h>
#include <string.h>

#include "autograd/graph.h"
#include "tensor/simd.h"

vq_status graph_check_table(const node *nd, const graph *g, int width, vq_error *err)
{
    const param *p =
        nd->weight >= 0 && nd->weight < g->p->n ? &g->p->table[nd->weight] : NULL;
    if (!p || p->rank != 2 || p->layout != PARAM_PLAIN ||
        (width > 0 && p->dims[1] != width))
        return vq_fail(err, VQ_EINTERNAL, "node %d (%s): no such table", nd->id,
                       nd->op->name);
    int channels = nd->in[nd->op->n_in - 1]->y.c;
    if (nd->attr.codes.channel < 0 || nd->attr.codes.channel >= channels)
        return vq_fail(err, VQ_EINTERNAL, "node %d (%s): no channel %d of %d", nd->id,
                       nd->op->name, nd->attr.codes.channel, channels);
    return VQ_OK;
}

int run_code(const run *r, const node *codes, int channel, size_t pixel)
{
    float code = run_y(r, codes)[pixel * (size_t)codes->y.c + (size_t)channel];
    assert(code >= 0 && code < 0x1p24f);
    return (int)code;
}

static vq_status embed_shape(node *nd, const graph *g, vq_error *err)
{
    vq_status status = graph_check_table(nd, g, 0, err);
    if (status == VQ_OK)
        nd->y = (tensor){.h = nd->in[0]->y.h,
                         .w = nd->in[0]->y.w,
                         .c = g->p->table[nd->weight].dims[1]};
    return status;
}

static size_t row_of(const node *nd, const run *r, size_t pixel)
{
    int code = run_code(r, nd->in[0], nd->attr.codes.channel, pixel);
    assert(code < r->g->p->table[nd->weight].dims[0]);
    return (size_t)code * (size_t)nd->y.c;
}

static void embed_forward(const node *nd, run *r)
{
    size_t c = (size_t)nd->y.c, pixels = run_count(r, nd) / c;
    const float *table = run_value(r, nd->weight);
    float *y = run_y(r, nd);
    for (size_t i = 0; i < pixels; i++, y += c)
        memcpy(y, table + row_of(nd, r, i), c * sizeof *y);
}

static void embed_backward(const node *nd, run *r)
{
    size_t c = (size_t)nd->y.c, pixels = run_count(r, nd) / c;
    const float *dy = run_dy(r, nd);
    float *dtable = run_gradient(r, nd->weight);
    for (size_t i = 0; i < pixels; i++, dy += c) {
        float *row = dtable + row_of(nd, r, i);
        simd_best()->add(row, dy, c, row);
    }
}

static const op op_embed = {
    .name = "embed",
    .n_in = 1,
    .reads_x = true,
    .shape = embed_shape,
    .forward = embed_forward,
    .backward = embed_backward,
};

node *graph_embed(graph *g, node *codes, int channel, int table)
{
    node spec = {.op = &op_embed, .in = {codes}, .weight = table, .bias = -1};
    spec.attr.codes.channel = channel;
    return graph_append(g, &spec);
}
