/*
 * SPDX-License-Identifier: MIT
 *
 * y = a + b, in place over whichever input has no later reader. Backward hands dy to
 * both; where the plan lets a gradient lie in dy's own memory there is nothing to do.
 * Tested in tests/autograd/test_op_add.c.
 */
#include <string.h>

#include "autograd/graph.h"
#include "tensor/simd.h"

static vq_status add_shape(node *nd, const graph *g, vq_error *err)
{
    nd->y = nd->in[0]->y;
    return graph_inputs_alike(nd, g, err);
}

static void add_forward(const node *nd, run *r)
{
    simd_best()->add(run_y(r, nd->in[0]), run_y(r, nd->in[1]), run_count(r, nd),
                     run_y(r, nd));
}

static void add_backward(const node *nd, run *r)
{
    const float *dy = run_dy(r, nd);
    size_t n = run_count(r, nd);
    for (int j = 0; j < 2; j++) {
        if (!nd->in[j]->needs_dy)
            continue;
        float *dx = run_dy(r, nd->in[j]);
        if (!nd->first_dx[j])
            simd_best()->add(dx, dy, n, dx);
        else if (dx != dy)
            memcpy(dx, dy, n * sizeof *dx);
    }
}

static const op op_add = {
    .name = "add",
    .n_in = 2,
    .in_place = true,
    .shape = add_shape,
    .forward = add_forward,
    .backward = add_backward,
};

node *graph_add(graph *g, node *a, node *b)
{
    return graph_append(g,
                        &(node){.op = &op_add, .in = {a, b}, .weight = -1, .bias = -1});
}
