/* SPDX-License-Identifier: MIT */
#include "network/layers.h"

#include <stdio.h>
#include <string.h>

#include "base/rng.h"

/* ---- parameters ---------------------------------------------------------------------
 */

int network_add_param(network *net, const char *name, int rank, const int dims[4],
                      param_role role, bool saved)
{
    param spec = {.rank = rank,
                  .layout = rank == 4 ? PARAM_CONV : PARAM_PLAIN,
                  .role = role,
                  .saved = saved};
    snprintf(spec.name, sizeof spec.name, "%s", name);
    memcpy(spec.dims, dims, sizeof spec.dims);
    int id = params_add(&net->p, &spec);
    if (saved) {
        file_tensor *t = &net->tensor[net->n_tensors++];
        snprintf(t->name, sizeof t->name, "%s", name);
        t->param = id;
    }
    return id;
}

layer network_add_conv(network *net, const char *name, int oc, int c, int k, int n_bias)
{
    char full[PARAM_NAME_MAX];
    layer l;
    snprintf(full, sizeof full, "%s.weight", name);
    l.weight =
        network_add_param(net, full, 4, (int[4]){oc, c, k, k}, PARAM_TRAINED, true);
    snprintf(full, sizeof full, "%s.bias", name);
    l.bias = network_add_param(net, full, 1, (int[4]){n_bias}, PARAM_TRAINED, true);
    return l;
}

void network_add_res_stack(network *net, res_stack *stack, const char *prefix,
                           const char *block)
{
    const vq_config *c = &net->config;
    const int dims3[4] = {c->res_hidden, c->hidden, 3, 3};
    const int dims1[4] = {c->hidden, c->res_hidden, 1, 1};
    char name[PARAM_NAME_MAX];
    for (int i = 0; i < c->res_layers; i++)
        for (int part = 1; part <= 3; part += 2) {
            layer *l = part == 1 ? &stack->conv3[i] : &stack->conv1[i];
            l->bias = -1;
            snprintf(name, sizeof name, "%s%d%s%d.weight", prefix, i, block, part);
            if (i > 0 && c->tie_residual) {
                l->weight = (part == 1 ? stack->conv3 : stack->conv1)[0].weight;
                file_tensor *t = &net->tensor[net->n_tensors++];
                snprintf(t->name, sizeof t->name, "%s", name);
                t->param = l->weight;
            } else {
                l->weight = network_add_param(net, name, 4, part == 1 ? dims3 : dims1,
                                              PARAM_TRAINED, true);
            }
        }
}

/* ---- initial values -----------------------------------------------------------------
 */

/* In file order, so that the values do not depend on our layout. */
void network_draw_uniform(network *net, int id, double bound)
{
    const param *p = &net->p.table[id];
    rng r = rng_make(net->config.seed, RNG_WEIGHTS, (uint32_t)id);
    float *flat = net->p.value + p->offset;
    int oc = p->dims[0], c = p->dims[1], area = p->dims[2] * p->dims[3];
    if (p->layout == PARAM_PLAIN)
        oc = 1, c = (int)p->count, area = 1;
    for (int o = 0; o < oc; o++)
        for (int i = 0; i < c; i++)
            for (int a = 0; a < area; a++)
                flat[((size_t)a * c + i) * oc + o] =
                    rng_uniform(&r, (float)-bound, (float)bound);
}

void network_draw_normal(network *net, int id)
{
    const param *p = &net->p.table[id];
    rng r = rng_make(net->config.seed, RNG_WEIGHTS, (uint32_t)id);
    for (size_t i = 0; i < p->count; i++)
        net->p.value[p->offset + i] = rng_normal(&r);
}

/* ---- graphs -------------------------------------------------------------------------
 */

node *network_residual(const network *net, graph *g, const res_stack *stack, node *x)
{
    for (int i = 0; i < net->config.res_layers; i++) {
        node *a = graph_relu(g, x);
        node *skip = net->config.residual_skip == VQ_SKIP_RELU ? a : x;
        node *b = graph_conv(g, a, stack->conv3[i].weight, -1, 1, 1);
        b = graph_conv(g, graph_relu(g, b), stack->conv1[i].weight, -1, 1, 0);
        x = graph_add(g, b, skip);
    }
    return graph_relu(g, x);
}
