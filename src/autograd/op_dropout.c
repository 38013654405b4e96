/*
 * SPDX-License-Identifier: MIT
 *
 * Dropout (Srivastava et al. 2014): each value is zero with chance `rate`, in steps of
 * 2^-16, else divided by 1 - rate. The masks come from the counter-based generator, at
 * a place that seed, step, image of the batch and node name: they do not depend on
 * shards or threads, and backward draws them again instead of keeping them.
 * Tested in tests/autograd/test_op_dropout.c.
 */
#include <assert.h>

#include "autograd/graph.h"
#include "base/rng.h"

#define CHANCES 8 /* of 16 bits in a block of random numbers */

/* y = (add: +=) x times 0 or 1 / (1 - rate), over image i of the shard. */
static void drop(const node *nd, const run *r, int i, const float *x, bool add,
                 float *y)
{
    const uint32_t limit = (uint32_t)(nd->attr.rate * 0x1p16f + 0.5f);
    const float factor = 0x1p16f / (float)(0x10000u - limit);
    const uint32_t key[2] = {(uint32_t)r->draw.seed, (uint32_t)(r->draw.seed >> 32)};
    uint32_t image = (uint32_t)(r->draw.first + i), words[4];
    size_t n = run_count(r, nd) / (size_t)r->n;
    assert(image < 1u << 20);
    for (size_t at = 0; at < n; at += CHANCES) {
        /* as in base/rng.c: position, sub-stream, stream */
        uint32_t counter[4] = {(uint32_t)(at / CHANCES), (uint32_t)nd->id << 20 | image,
                               r->draw.step, RNG_DROPOUT};
        philox4x32(counter, key, words);
        for (size_t j = 0; j < CHANCES && at + j < n; j++) {
            uint32_t chance = words[j / 2] >> j % 2 * 16 & 0xffff;
            float kept = chance < limit ? 0 : x[at + j] * factor;
            y[at + j] = add ? y[at + j] + kept : kept;
        }
    }
}

static vq_status dropout_shape(node *nd, const graph *g, vq_error *err)
{
    (void)g;
    nd->y = nd->in[0]->y;
    if (!(nd->attr.rate >= 0 && nd->attr.rate <= 0.9f))
        return vq_fail(err, VQ_EINTERNAL, "node %d (%s): a rate of %g", nd->id,
                       nd->op->name, (double)nd->attr.rate);
    return VQ_OK;
}

static void dropout_forward(const node *nd, run *r)
{
    size_t image = run_count(r, nd) / (size_t)r->n;
    for (int i = 0; i < r->n; i++)
        drop(nd, r, i, run_y(r, nd->in[0]) + (size_t)i * image, false,
             run_y(r, nd) + (size_t)i * image);
}

static void dropout_backward(const node *nd, run *r)
{
    size_t image = run_count(r, nd) / (size_t)r->n;
    for (int i = 0; i < r->n; i++)
        drop(nd, r, i, run_dy(r, nd) + (size_t)i * image, !nd->first_dx[0],
             run_dy(r, nd->in[0]) + (size_t)i * image);
}

static const op op_dropout = {
    .name = "dropout",
    .n_in = 1,
    .in_place = true,
    .shape = dropout_shape,
    .forward = dropout_forward,
    .backward = dropout_backward,
};

node *graph_dropout(graph *g, node *x, float rate)
{
    node spec = {.op = &op_dropout, .in = {x}, .weight = -1, .bias = -1};
    spec.attr.rate = rate;
    return graph_append(g, &spec);
}
