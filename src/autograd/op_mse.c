/*
 * SPDX-License-Identifier: MIT
 *
 * LOSS_RECON += weight * mean((a - b)^2), the mean over every value of the full batch:
 * a shard adds its sum of squares times scale / (h w c).
 * Tested in tests/autograd/test_op_mse.c.
 */
#include "autograd/graph.h"
#include "autograd/square_distance.h"

/* weight * scale / values of an image */
static double mse_factor(const node *nd, const run *r)
{
    tensor a = nd->in[0]->y;
    return (double)nd->attr.loss_weight * (double)r->scale /
           ((double)a.h * (double)a.w * (double)a.c);
}

static void mse_forward(const node *nd, run *r)
{
    const float *a = run_y(r, nd->in[0]), *b = run_y(r, nd->in[1]);
    double sum = square_distance(a, b, run_count(r, nd->in[0]));
    r->loss[LOSS_RECON] += mse_factor(nd, r) * sum;
}

static void mse_backward(const node *nd, run *r)
{
    for (int j = 0; j < 2; j++) {
        const node *x = nd->in[j];
        if (!x->needs_dy)
            continue;
        const float *a = run_y(r, x), *b = run_y(r, nd->in[!j]);
        float *dx = run_dy(r, x), factor = (float)(2 * mse_factor(nd, r));
        size_t n = run_count(r, x);
        if (nd->first_dx[j])
            for (size_t i = 0; i < n; i++)
                dx[i] = factor * (a[i] - b[i]);
        else
            for (size_t i = 0; i < n; i++)
                dx[i] += factor * (a[i] - b[i]);
    }
}

static const op op_mse = {
    .name = "mse",
    .n_in = 2,
    .reads_x = true,
    .is_loss = true,
    .shape = graph_inputs_alike,
    .forward = mse_forward,
    .backward = mse_backward,
};

node *graph_mse(graph *g, node *a, node *b, float weight)
{
    node spec = {.op = &op_mse, .in = {a, b}, .weight = -1, .bias = -1};
    spec.attr.loss_weight = weight;
    return graph_append(g, &spec);
}
