/*
 * SPDX-License-Identifier: MIT
 *
 * Finite scalar quantization, fsq.h. Backward is straight through the rounding alone:
 * dz = dy h (1 - tanh^2) / floor(L/2). It has no loss of its own; the codes are counted
 * as the vector quantizer counts them.
 * Tested in tests/autograd/test_op_fsq.c.
 */
#include <math.h>

#include "autograd/graph.h"

static vq_status fsq_shape(node *nd, const graph *g, vq_error *err)
{
    const fsq *f = &nd->attr.fsq.levels;
    int count = nd->attr.fsq.count;
    nd->y = nd->in[0]->y;
    if (nd->y.c != f->n || count < 0 || count >= g->p->n ||
        g->p->table[count].count != (size_t)fsq_codes(f))
        return vq_fail(err, VQ_EINTERNAL,
                       "node %d (fsq): %d levels and their codes for %d values", nd->id,
                       f->n, nd->y.c);
    return VQ_OK;
}

static size_t rows_of(const node *nd, int n)
{
    return (size_t)n * (size_t)nd->y.h * (size_t)nd->y.w;
}

static void fsq_forward(const node *nd, run *r)
{
    const fsq *f = &nd->attr.fsq.levels;
    const float *z = run_y(r, nd->in[0]);
    float *y = run_y(r, nd);
    int32_t *code = run_codes(r, nd);
    size_t rows = rows_of(nd, r->n), d = (size_t)f->n;
    int32_t place = 1;
    for (size_t i = 0; i < rows; i++)
        code[i] = 0;
    for (size_t j = 0; j < d; j++) {
        const fsq_channel c = fsq_channel_of(f->levels[j]);
        for (size_t i = 0; i < rows; i++) {
            float t = tanhf(z[i * d + j] + c.shift);
            float level = rintf(t * c.half - c.off); /* half to even, as PyTorch */
            int digit = level == level ? (int)level + c.middle : 0;
            code[i] += place * digit;
            y[i * d + j] = level / (float)c.middle + 0.0f; /* never -0, as fsq_row */
        }
        place *= f->levels[j];
    }
    float *count = r->grad ? run_gradient(r, nd->attr.fsq.count) : NULL;
    for (size_t i = 0; count && i < rows; i++)
        count[code[i]] += 1;
}

static void fsq_backward(const node *nd, run *r)
{
    const fsq *f = &nd->attr.fsq.levels;
    const float *z = run_y(r, nd->in[0]), *dy = run_dy(r, nd);
    float *dz = run_dy(r, nd->in[0]);
    size_t rows = rows_of(nd, r->n), d = (size_t)f->n;
    for (size_t j = 0; j < d; j++) {
        const fsq_channel c = fsq_channel_of(f->levels[j]);
        float slope = c.half / (float)c.middle;
        for (size_t at = j; at < rows * d; at += d) {
            float t = tanhf(z[at] + c.shift);
            dz[at] = (nd->first_dx[0] ? 0 : dz[at]) + dy[at] * slope * (1 - t * t);
        }
    }
}

static const op op_fsq = {
    .name = "fsq",
    .n_in = 1,
    .in_place = true,
    .reads_x = true,
    .shape = fsq_shape,
    .kept_size = rows_of,
    .forward = fsq_forward,
    .backward = fsq_backward,
};

node *graph_fsq(graph *g, node *z, const fsq *levels, int count)
{
    node spec = {.op = &op_fsq, .in = {z}, .weight = -1, .bias = -1};
    spec.attr.fsq.levels = *levels;
    spec.attr.fsq.count = count;
    return graph_append(g, &spec);
}
