/*
 * SPDX-License-Identifier: MIT
 *
 * LOSS_NATS += weight * mean of -ln softmax(logits)[code], over every pixel of the full
 * batch; and LOSS_HITS, the share of pixels whose largest logit is the code's, where a
 * tie is no hit. The codes are a channel of an input, as in op_embed.c. Forward keeps
 * each pixel's largest logit and the sum of the exponentials below it, so that backward
 * is one pass.
 * Tested in tests/autograd/test_op_cross_entropy.c.
 */
#include <assert.h>
#include <math.h>

#include "autograd/graph.h"
#include "tensor/simd.h"

static vq_status entropy_shape(node *nd, const graph *g, vq_error *err)
{
    (void)g;
    tensor x = nd->in[0]->y, codes = nd->in[1]->y;
    if (x.h != codes.h || x.w != codes.w || nd->attr.codes.channel < 0 ||
        nd->attr.codes.channel >= codes.c)
        return vq_fail(err, VQ_EINTERNAL,
                       "node %d (%s): %d x %d logits against %d x %d codes, channel %d",
                       nd->id, nd->op->name, x.h, x.w, codes.h, codes.w,
                       nd->attr.codes.channel);
    return VQ_OK;
}

static size_t pixels_of(const node *nd, int n)
{
    return (size_t)n * (size_t)nd->in[0]->y.h * (size_t)nd->in[0]->y.w;
}

static size_t entropy_kept(const node *nd, int n)
{
    return 2 * pixels_of(nd, n);
}

/* weight * scale / pixels of an image: what one pixel counts */
static double entropy_share(const node *nd, const run *r)
{
    return (double)nd->attr.codes.weight * (double)r->scale / (double)pixels_of(nd, 1);
}

static int code_at(const node *nd, const run *r, size_t pixel)
{
    int code = run_code(r, nd->in[1], nd->attr.codes.channel, pixel);
    assert(code < nd->in[0]->y.c);
    return code;
}

static void entropy_forward(const node *nd, run *r)
{
    size_t k = (size_t)nd->in[0]->y.c, pixels = pixels_of(nd, r->n), hits = 0;
    const float *x = run_y(r, nd->in[0]);
    float *kept = run_kept(r, nd);
    double nats = 0;
    for (size_t i = 0; i < pixels; i++, x += k) {
        int code = code_at(nd, r, i), alike = 0;
        float most = simd_best()->max(x, k);
        double sum = simd_best()->exp_sum(x, k, most);
        kept[2 * i] = most;
        kept[2 * i + 1] = (float)sum;
        nats += (double)most - (double)x[code] + log(sum);
        if (x[code] == most) {
            for (size_t j = 0; j < k; j++)
                alike += x[j] == most;
            hits += alike == 1;
        }
    }
    r->loss[LOSS_NATS] += entropy_share(nd, r) * nats;
    r->loss[LOSS_HITS] += entropy_share(nd, r) * (double)hits;
}

static void entropy_backward(const node *nd, run *r)
{
    const node *logits = nd->in[0];
    if (!logits->needs_dy)
        return;
    size_t k = (size_t)logits->y.c, pixels = pixels_of(nd, r->n);
    const float *x = run_y(r, logits), *kept = run_kept(r, nd);
    float factor = (float)entropy_share(nd, r), *dx = run_dy(r, logits);
    for (size_t i = 0; i < pixels; i++, x += k, dx += k) {
        simd_best()->exp(x, k, kept[2 * i], factor / kept[2 * i + 1], !nd->first_dx[0],
                         dx);
        dx[code_at(nd, r, i)] -= factor;
    }
}

static const op op_cross_entropy = {
    .name = "cross_entropy",
    .n_in = 2,
    .reads_x = true,
    .is_loss = true,
    .shape = entropy_shape,
    .kept_size = entropy_kept,
    .forward = entropy_forward,
    .backward = entropy_backward,
};

node *graph_cross_entropy(graph *g, node *logits, node *codes, int channel,
                          float weight)
{
    node spec = {
        .op = &op_cross_entropy, .in = {logits, codes}, .weight = -1, .bias = -1};
    spec.attr.codes.channel = channel;
    spec.attr.codes.weight = weight;
    return graph_append(g, &spec);
}
