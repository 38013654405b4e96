/*
 * SPDX-License-Identifier: MIT
 *
 * LOSS_RECON += weight * mean(|a - b|), the mean over every value of the full batch,
 * and LOSS_SQUARE += mean((a - b)^2), which has no part in the gradient. The gradient
 * where a equals b is 0, as PyTorch's. Tested in tests/autograd/test_op_l1.c.
 */
#include <math.h>

#include "autograd/graph.h"
#include "autograd/square_distance.h"

/* scale / values of an image: what makes a shard's sum its part of the batch's mean */
static double l1_share(const node *nd, const run *r)
{
    tensor a = nd->in[0]->y;
    return (double)r->scale / ((double)a.h * (double)a.w * (double)a.c);
}

/* sum |a[i] - b[i]| in double, in eight lanes of a fixed order that vectorise */
static double distance(const float *a, const float *b, size_t n)
{
    double lane[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int j = 0; j < 8; j++)
            lane[j] += (double)fabsf(a[i + j] - b[i + j]);
    for (; i < n; i++)
        lane[0] += (double)fabsf(a[i] - b[i]);
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
           ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

static void l1_forward(const node *nd, run *r)
{
    const float *a = run_y(r, nd->in[0]), *b = run_y(r, nd->in[1]);
    size_t n = run_count(r, nd->in[0]);
    r->loss[LOSS_RECON] +=
        (double)nd->attr.loss_weight * l1_share(nd, r) * distance(a, b, n);
    r->loss[LOSS_SQUARE] += l1_share(nd, r) * square_distance(a, b, n);
}

static void l1_backward(const node *nd, run *r)
{
    float factor = (float)((double)nd->attr.loss_weight * l1_share(nd, r));
    for (int j = 0; j < 2; j++) {
        const node *x = nd->in[j];
        if (!x->needs_dy)
            continue;
        const float *a = run_y(r, x), *b = run_y(r, nd->in[!j]);
        float *dx = run_dy(r, x);
        size_t n = run_count(r, x);
        for (size_t i = 0; i < n; i++) {
            float sign = (float)((a[i] > b[i]) - (a[i] < b[i]));
            dx[i] = (nd->first_dx[j] ? 0 : dx[i]) + factor * sign;
        }
    }
}

static const op op_l1 = {
    .name = "l1",
    .n_in = 2,
    .reads_x = true,
    .is_loss = true,
    .shape = graph_inputs_alike,
    .forward = l1_forward,
    .backward = l1_backward,
};

node *graph_l1(graph *g, node *a, node *b, float weight)
{
    node spec = {.op = &op_l1, .in = {a, b}, .weight = -1, .bias = -1};
    spec.attr.loss_weight = weight;
    return graph_append(g, &spec);
}
