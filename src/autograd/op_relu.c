/*
 * SPDX-License-Identifier: MIT
 *
 * y = max(x, 0), in place where x has no other reader: backward needs y alone, since
 * y > 0 exactly where x > 0. A NaN passes through both ways, so that a training that
 * diverges is seen. Tested in tests/autograd/test_op_relu.c.
 */
#include "autograd/graph.h"

static vq_status relu_shape(node *nd, const graph *g, vq_error *err)
{
    (void)g, (void)err;
    nd->y = nd->in[0]->y;
    return VQ_OK;
}

static void relu_forward(const node *nd, run *r)
{
    const float *x = run_y(r, nd->in[0]);
    float *y = run_y(r, nd);
    for (size_t i = 0, n = run_count(r, nd); i < n; i++)
        y[i] = 0 > x[i] ? 0 : x[i];
}

/* dy is loaded before the choice: else gcc sees a branch a value, 35 times slower. */
static void relu_backward(const node *nd, run *r)
{
    const float *y = run_y(r, nd), *dy = run_dy(r, nd);
    float *dx = run_dy(r, nd->in[0]);
    bool add = !nd->first_dx[0];
    for (size_t i = 0, n = run_count(r, nd); i < n; i++) {
        float g = dy[i], before = add ? dx[i] : 0;
        dx[i] = before + (y[i] <= 0 ? 0 : g);
    }
}

static const op op_relu = {
    .name = "relu",
    .n_in = 1,
    .in_place = true,
    .reads_y = true,
    .shape = relu_shape,
    .forward = relu_forward,
    .backward = relu_backward,
};

node *graph_relu(graph *g, node *x)
{
    return graph_append(g,
                        &(node){.op = &op_relu, .in = {x}, .weight = -1, .bias = -1});
}
