/*
 * SPDX-License-Identifier: MIT
 *
 * y = max(x, 0), in place where x has no other reader: backward needs y alone, since
 * y > 0 exactly where x > 0. A NaN passes through both ways, so that a training that
 * diverges is seen. Tested in tests/autograd/test_op_relu.c.
 */
#include "autograd/graph.h"
#include "tensor/simd.h"

static vq_status relu_shape(node *nd, const graph *g, vq_error *err)
{
    (void)g, (void)err;
    nd->y = nd->in[0]->y;
    return VQ_OK;
}

static void relu_forward(const node *nd, run *r)
{
    simd_best()->relu(run_y(r, nd->in[0]), run_count(r, nd), run_y(r, nd));
}

static void relu_backward(const node *nd, run *r)
{
    simd_best()->relu_grad(run_y(r, nd), run_dy(r, nd), run_count(r, nd),
                           !nd->first_dx[0], run_dy(r, nd->in[0]));
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
