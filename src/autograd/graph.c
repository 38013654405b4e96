/*
 * SPDX-License-Identifier: MIT
 *
 * Building a graph. The first failure is kept in the graph, so that a model is written
 * as a plain sequence of builders and asks once, in graph_plan, whether all went well.
 */
#include "autograd/graph.h"

#include <limits.h>

void graph_init(graph *g, const params *p, bool reference_kernels)
{
    *g = (graph){.p = p,
                 .kernels = reference_kernels ? CONV_REFERENCE : CONV_FASTEST,
                 .status = VQ_OK};
}

/* Shapes are int, and rows of pixels are counted in int by the kernels. */
static vq_status check_size(const node *nd, vq_error *err)
{
    tensor y = nd->y;
    if (y.h >= 1 && y.w >= 1 && y.c >= 1 && y.h <= INT_MAX / y.w)
        return VQ_OK;
    return vq_fail(err, VQ_EINTERNAL, "node %d (%s): no room for %d x %d x %d values",
                   nd->id, nd->op->name, y.h, y.w, y.c);
}

node *graph_append(graph *g, const node *spec)
{
    if (g->status != VQ_OK)
        return NULL;
    node *nd = &g->nodes[g->n_nodes];
    vq_status status = VQ_OK;
    if (g->n_nodes == GRAPH_MAX_NODES) {
        TRY(vq_fail(&g->error, VQ_EINTERNAL, "the graph is full: %d nodes",
                    GRAPH_MAX_NODES));
    }
    *nd = *spec;
    nd->id = g->n_nodes;
    for (int i = 0; i < nd->op->n_in; i++)
        if (!nd->in[i])
            TRY(vq_fail(&g->error, VQ_EINTERNAL, "node %d (%s): input %d is missing",
                        nd->id, nd->op->name, i));
    TRY(nd->op->shape(nd, g, &g->error));
    if (!nd->op->is_loss)
        TRY(check_size(nd, &g->error));
    g->n_nodes++;
    return nd;
out:
    g->status = status;
    return NULL;
}

static vq_status input_shape(node *nd, const graph *g, vq_error *err)
{
    (void)nd, (void)g, (void)err;
    return VQ_OK;
}

static const op op_input = {.name = "input", .shape = input_shape};

vq_status graph_inputs_alike(node *nd, const graph *g, vq_error *err)
{
    (void)g;
    tensor a = nd->in[0]->y, b = nd->in[1]->y;
    if (a.h != b.h || a.w != b.w || a.c != b.c)
        return vq_fail(err, VQ_EINTERNAL,
                       "node %d (%s): %d x %d x %d against %d x %d x %d", nd->id,
                       nd->op->name, a.h, a.w, a.c, b.h, b.w, b.c);
    return VQ_OK;
}

node *graph_input(graph *g, int h, int w, int c)
{
    return graph_append(g, &(node){.op = &op_input,
                                   .y = {.h = h, .w = w, .c = c},
                                   .weight = -1,
                                   .bias = -1});
}
