/*
 * SPDX-License-Identifier: MIT
 *
 * Convolution and transposed convolution as ops: both are the three maps of
 * tensor/conv.h, with image and feature side exchanged.
 *
 *                    y         dx        dw
 *   conv             apply     adjoint   grad(image x, feature dy)
 *   conv_transposed  adjoint   apply     grad(image dy, feature x)
 *
 * Tested in tests/autograd/test_op_conv.c.
 */
#include "autograd/graph.h"
#include "tensor/conv_select.h"
#include "tensor/simd.h"

static size_t conv_scratch(const node *nd, int n)
{
    return nd->attr.conv.kernel->scratch_size(&nd->attr.conv.shape, n);
}

static size_t packed_size(const node *nd, conv_map map)
{
    return nd->attr.conv.kernel->packed_size(&nd->attr.conv.shape, map);
}

static void pack(const node *nd, conv_map map, const params *p, float *packed)
{
    nd->attr.conv.kernel->pack(&nd->attr.conv.shape, map,
                               p->value + p->table[nd->weight].offset, packed);
}

static const float *bias_of(const node *nd, const run *r)
{
    return nd->bias < 0 ? NULL : run_value(r, nd->bias);
}

/* Is there already a gradient of the weight, to be added to? */
static bool adds_dw(const node *nd, const run *r)
{
    return !(nd->first_dw && r->fresh);
}

static conv_out dx_out(const node *nd)
{
    return (conv_out){.bias = NULL, .accumulate = !nd->first_dx[0]};
}

static void bias_backward(const node *nd, run *r)
{
    size_t c = (size_t)nd->y.c;
    if (nd->bias >= 0 && r->grad)
        simd_best()->add_columns(run_dy(r, nd), run_count(r, nd) / c, c,
                                 run_gradient(r, nd->bias));
}

/* ---- what both need to know of their parameters ---- */

static bool is_param(const graph *g, int index, int rank, param_layout layout)
{
    return index >= 0 && index < g->p->n && g->p->table[index].rank == rank &&
           g->p->table[index].layout == layout;
}

/* c_in, c_out: which dims of the weight are the channels of x and of y. */
static vq_status check_params(const node *nd, const graph *g, int c_in, int c_out,
                              vq_error *err)
{
    if (!is_param(g, nd->weight, 4, PARAM_CONV) ||
        (nd->bias >= 0 && !is_param(g, nd->bias, 1, PARAM_PLAIN)))
        return vq_fail(err, VQ_EINTERNAL, "node %d (%s): no such weight or bias",
                       nd->id, nd->op->name);
    const param *w = &g->p->table[nd->weight];
    if (w->dims[c_in] != nd->in[0]->y.c)
        return vq_fail(err, VQ_EINTERNAL,
                       "node %d (%s): '%s' wants %d channels, not %d", nd->id,
                       nd->op->name, w->name, w->dims[c_in], nd->in[0]->y.c);
    if (nd->bias >= 0 && g->p->table[nd->bias].dims[0] != w->dims[c_out])
        return vq_fail(err, VQ_EINTERNAL, "node %d (%s): '%s' and '%s' do not fit",
                       nd->id, nd->op->name, w->name, g->p->table[nd->bias].name);
    const conv_shape *s = &nd->attr.conv.shape;
    if (s->stride < 1 || s->pad_y < 0 || s->pad_x < 0)
        return vq_fail(err, VQ_EINTERNAL, "node %d (%s): stride %d, padding %d and %d",
                       nd->id, nd->op->name, s->stride, s->pad_y, s->pad_x);
    return VQ_OK;
}

/* The geometry so far: kernel and channels. */
static conv_shape *set_kernel_size(node *nd, const graph *g)
{
    conv_shape *s = &nd->attr.conv.shape;
    const int *dims = g->p->table[nd->weight].dims;
    s->oc = dims[0];
    s->c = dims[1];
    s->kh = dims[2];
    s->kw = dims[3];
    return s;
}

static node *append(graph *g, const op *o, node *x, int weight, int bias, int stride,
                    int pad)
{
    node spec = {.op = o, .in = {x}, .weight = weight, .bias = bias};
    spec.attr.conv.shape = (conv_shape){.stride = stride, .pad_y = pad, .pad_x = pad};
    return graph_append(g, &spec);
}

/* ---- convolution ---- */

static vq_status conv_shape_of(node *nd, const graph *g, vq_error *err)
{
    vq_status status = check_params(nd, g, 1, 0, err);
    if (status != VQ_OK)
        return status;
    conv_shape *s = set_kernel_size(nd, g);
    s->h = nd->in[0]->y.h;
    s->w = nd->in[0]->y.w;
    s->oh = nd->attr.conv.same ? s->h : conv_out_size(s->h, s->kh, s->stride, s->pad_y);
    s->ow = nd->attr.conv.same ? s->w : conv_out_size(s->w, s->kw, s->stride, s->pad_x);
    nd->y = (tensor){.h = s->oh, .w = s->ow, .c = s->oc};
    nd->attr.conv.kernel = conv_select(s, g->kernels);
    return VQ_OK;
}

static size_t conv_packed_size(const node *nd, direction dir)
{
    return packed_size(nd, dir == FORWARD ? CONV_APPLY : CONV_ADJOINT);
}

static void conv_pack(const node *nd, direction dir, const params *p, float *packed)
{
    pack(nd, dir == FORWARD ? CONV_APPLY : CONV_ADJOINT, p, packed);
}

static void conv_forward(const node *nd, run *r)
{
    nd->attr.conv.kernel->apply(&nd->attr.conv.shape, r->n, run_y(r, nd->in[0]),
                                run_packed(r, nd, FORWARD), run_y(r, nd),
                                (conv_out){.bias = bias_of(nd, r)}, run_scratch(r));
}

static void conv_backward(const node *nd, run *r)
{
    const conv_kernel *k = nd->attr.conv.kernel;
    const conv_shape *s = &nd->attr.conv.shape;
    const float *dy = run_dy(r, nd);
    bias_backward(nd, r);
    if (r->grad)
        k->grad(s, r->n, run_y(r, nd->in[0]), dy, run_gradient(r, nd->weight),
                adds_dw(nd, r), run_scratch(r));
    if (nd->in[0]->needs_dy)
        k->adjoint(s, r->n, dy, run_packed(r, nd, BACKWARD), run_dy(r, nd->in[0]),
                   dx_out(nd), run_scratch(r));
}

static const op op_conv = {
    .name = "conv",
    .n_in = 1,
    .reads_x = true,
    .x_for_dw = true,
    .sets_dw = true,
    .shape = conv_shape_of,
    .scratch_size = conv_scratch,
    .packed_size = conv_packed_size,
    .pack = conv_pack,
    .forward = conv_forward,
    .backward = conv_backward,
};

node *graph_conv(graph *g, node *x, int weight, int bias, int stride, int pad)
{
    return append(g, &op_conv, x, weight, bias, stride, pad);
}

node *graph_conv_masked(graph *g, node *x, int weight, int bias, int above, int left)
{
    node spec = {.op = &op_conv, .in = {x}, .weight = weight, .bias = bias};
    spec.attr.conv.shape = (conv_shape){.stride = 1, .pad_y = above, .pad_x = left};
    spec.attr.conv.same = true;
    return graph_append(g, &spec);
}

/* ---- transposed convolution ---- */

static vq_status transposed_shape_of(node *nd, const graph *g, vq_error *err)
{
    vq_status status = check_params(nd, g, 0, 1, err);
    if (status != VQ_OK)
        return status;
    conv_shape *s = set_kernel_size(nd, g);
    s->oh = nd->in[0]->y.h;
    s->ow = nd->in[0]->y.w;
    s->h = conv_transposed_size(s->oh, s->kh, s->stride, s->pad_y);
    s->w = conv_transposed_size(s->ow, s->kw, s->stride, s->pad_x);
    nd->y = (tensor){.h = s->h, .w = s->w, .c = s->c};
    nd->attr.conv.kernel = conv_select(s, g->kernels);
    return VQ_OK;
}

static size_t transposed_packed_size(const node *nd, direction dir)
{
    return packed_size(nd, dir == FORWARD ? CONV_ADJOINT : CONV_APPLY);
}

static void transposed_pack(const node *nd, direction dir, const params *p,
                            float *packed)
{
    pack(nd, dir == FORWARD ? CONV_ADJOINT : CONV_APPLY, p, packed);
}

static void transposed_forward(const node *nd, run *r)
{
    nd->attr.conv.kernel->adjoint(&nd->attr.conv.shape, r->n, run_y(r, nd->in[0]),
                                  run_packed(r, nd, FORWARD), run_y(r, nd),
                                  (conv_out){.bias = bias_of(nd, r)}, run_scratch(r));
}

static void transposed_backward(const node *nd, run *r)
{
    const conv_kernel *k = nd->attr.conv.kernel;
    const conv_shape *s = &nd->attr.conv.shape;
    const float *dy = run_dy(r, nd);
    bias_backward(nd, r);
    if (r->grad)
        k->grad(s, r->n, dy, run_y(r, nd->in[0]), run_gradient(r, nd->weight),
                adds_dw(nd, r), run_scratch(r));
    if (nd->in[0]->needs_dy)
        k->apply(s, r->n, dy, run_packed(r, nd, BACKWARD), run_dy(r, nd->in[0]),
                 dx_out(nd), run_scratch(r));
}

static const op op_conv_transposed = {
    .name = "conv_transposed",
    .n_in = 1,
    .reads_x = true,
    .x_for_dw = true,
    .sets_dw = true,
    .shape = transposed_shape_of,
    .scratch_size = conv_scratch,
    .packed_size = transposed_packed_size,
    .pack = transposed_pack,
    .forward = transposed_forward,
    .backward = transposed_backward,
};

node *graph_conv_transposed(graph *g, node *x, int weight, int bias, int stride,
                            int pad)
{
    return append(g, &op_conv_transposed, x, weight, bias, stride, pad);
}
