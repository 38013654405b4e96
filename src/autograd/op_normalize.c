/*
 * SPDX-License-Identifier: MIT
 *
 * Every pixel's channels to unit length: y = x / max(|x|, 1e-12), as PyTorch's
 * F.normalize. Backward is dx = (dy - y (y.dy)) / |x|. A row shorter than 1e-12 has no
 * direction to change: its dx is zero, where the formula would give 1e12 dy.
 * Tested in tests/autograd/test_op_normalize.c.
 */
#include <math.h>

#include "autograd/graph.h"

#define LENGTH_MIN 1e-12

static vq_status normalize_shape(node *nd, const graph *g, vq_error *err)
{
    (void)g, (void)err;
    nd->y = nd->in[0]->y;
    return VQ_OK;
}

/* 1 / |x| of every pixel; 0 where it is too short. */
static size_t normalize_kept(const node *nd, int n)
{
    return (size_t)n * (size_t)nd->y.h * (size_t)nd->y.w;
}

static void normalize_forward(const node *nd, run *r)
{
    const float *x = run_y(r, nd->in[0]);
    float *y = run_y(r, nd), *inverse = run_kept(r, nd);
    size_t rows = normalize_kept(nd, r->n), d = (size_t)nd->y.c;
    for (size_t i = 0; i < rows; i++, x += d, y += d) {
        double sum = 0;
        for (size_t j = 0; j < d; j++)
            sum += (double)x[j] * (double)x[j];
        double length = sqrt(sum);
        float factor = (float)(1 / fmax(length, LENGTH_MIN));
        inverse[i] = length > LENGTH_MIN ? factor : 0;
        for (size_t j = 0; j < d; j++)
            y[j] = x[j] * factor;
    }
}

static void normalize_backward(const node *nd, run *r)
{
    const float *y = run_y(r, nd), *dy = run_dy(r, nd), *inverse = run_kept(r, nd);
    float *dx = run_dy(r, nd->in[0]);
    size_t rows = normalize_kept(nd, r->n), d = (size_t)nd->y.c;
    for (size_t i = 0; i < rows; i++, y += d, dy += d, dx += d) {
        double dot = 0;
        for (size_t j = 0; j < d; j++)
            dot += (double)y[j] * (double)dy[j];
        float along = (float)dot;
        for (size_t j = 0; j < d; j++)
            dx[j] = (nd->first_dx[0] ? 0 : dx[j]) + inverse[i] * (dy[j] - y[j] * along);
    }
}

static const op op_normalize = {
    .name = "normalize",
    .n_in = 1,
    .in_place = true,
    .reads_y = true,
    .shape = normalize_shape,
    .kept_size = normalize_kept,
    .forward = normalize_forward,
    .backward = normalize_backward,
};

node *graph_normalize(graph *g, node *x)
{
    return graph_append(
        g, &(node){.op = &op_normalize, .in = {x}, .weight = -1, .bias = -1});
}
