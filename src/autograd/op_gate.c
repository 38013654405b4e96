/*
 * SPDX-License-Identifier: MIT
 *
 * y = tanh(a + u) sigmoid(b + v): a and b are the halves of x's channels, (u, v) is the
 * row that the image's class names in a table (van den Oord et al. 2016,
 * arXiv:1606.05328, eq. 4), or zero in the op without a class. Adding the class here
 * saves a pass over x. The two factors are kept: backward needs no exponential.
 * Tested in tests/autograd/test_op_gate.c.
 */
#include "autograd/graph.h"
#include "tensor/simd.h"

static vq_status gate_shape(node *nd, const graph *g, vq_error *err)
{
    tensor x = nd->in[0]->y;
    (void)g;
    if (x.c % 2 != 0)
        return vq_fail(err, VQ_EINTERNAL, "node %d (%s): %d channels have no halves",
                       nd->id, nd->op->name, x.c);
    nd->y = (tensor){.h = x.h, .w = x.w, .c = x.c / 2};
    return VQ_OK;
}

static size_t gate_kept(const node *nd, int n)
{
    tensor factors = nd->in[0]->y;
    factors.n = n;
    return tensor_count(factors);
}

/* Images are worked on one by one, for each may have its class. */
static size_t image_pixels(const node *nd)
{
    return (size_t)nd->y.h * (size_t)nd->y.w;
}

static size_t class_row(const node *nd, const run *r, int image)
{
    int label = run_code(r, nd->in[1], nd->attr.codes.channel,
                         (size_t)image * image_pixels(nd));
    return (size_t)label * 2 * (size_t)nd->y.c;
}

static void gate_forward(const node *nd, run *r)
{
    size_t pixels = image_pixels(nd), c = (size_t)nd->y.c;
    const float *x = run_y(r, nd->in[0]);
    float *factors = run_kept(r, nd), *y = run_y(r, nd);
    for (int i = 0; i < r->n; i++) {
        const float *bias =
            nd->weight < 0 ? NULL : run_value(r, nd->weight) + class_row(nd, r, i);
        simd_best()->gate(x, bias, pixels, c, factors, y);
        x += pixels * 2 * c;
        factors += pixels * 2 * c;
        y += pixels * c;
    }
}

/* The class's row gets the sum of what goes to x: into scratch first where x has a
 * gradient from others already. */
static void gate_backward(const node *nd, run *r)
{
    size_t pixels = image_pixels(nd), c = (size_t)nd->y.c;
    bool to_x = nd->in[0]->needs_dy, add = to_x && !nd->first_dx[0];
    const float *factors = run_kept(r, nd), *dy = run_dy(r, nd);
    float *dx = to_x ? run_dy(r, nd->in[0]) : NULL, *scratch = run_scratch(r);
    for (int i = 0; i < r->n; i++) {
        float *own = to_x && !add ? dx : scratch;
        simd_best()->gate_grad(factors, dy, pixels, c, false, own);
        if (add)
            simd_best()->add(dx, own, pixels * 2 * c, dx);
        if (nd->weight >= 0)
            simd_best()->add_columns(own, pixels, 2 * c,
                                     run_gradient(r, nd->weight) + class_row(nd, r, i));
        factors += pixels * 2 * c;
        dy += pixels * c;
        dx += to_x ? pixels * 2 * c : 0;
    }
}

static size_t gate_scratch(const node *nd, int n)
{
    (void)n;
    return image_pixels(nd) * 2 * (size_t)nd->y.c;
}

static const op op_gate = {
    .name = "gate",
    .n_in = 1,
    .shape = gate_shape,
    .scratch_size = gate_scratch,
    .kept_size = gate_kept,
    .forward = gate_forward,
    .backward = gate_backward,
};

node *graph_gate(graph *g, node *x)
{
    return graph_append(g,
                        &(node){.op = &op_gate, .in = {x}, .weight = -1, .bias = -1});
}

static vq_status gate_class_shape(node *nd, const graph *g, vq_error *err)
{
    vq_status status = gate_shape(nd, g, err);
    tensor codes = nd->in[1]->y;
    if (status == VQ_OK)
        status = graph_check_table(nd, g, 2 * nd->y.c, err);
    if (status == VQ_OK && (codes.h != nd->y.h || codes.w != nd->y.w))
        status = vq_fail(err, VQ_EINTERNAL, "node %d (%s): %d x %d against %d x %d",
                         nd->id, nd->op->name, nd->y.h, nd->y.w, codes.h, codes.w);
    return status;
}

/* in[1] is read in backward: reads_x speaks of both. */
static const op op_gate_class = {
    .name = "gate_class",
    .n_in = 2,
    .reads_x = true,
    .shape = gate_class_shape,
    .scratch_size = gate_scratch,
    .kept_size = gate_kept,
    .forward = gate_forward,
    .backward = gate_backward,
};

node *graph_gate_class(graph *g, node *x, node *codes, int channel, int table)
{
    node spec = {.op = &op_gate_class, .in = {x, codes}, .weight = table, .bias = -1};
    spec.attr.codes.channel = channel;
    return graph_append(g, &spec);
}
