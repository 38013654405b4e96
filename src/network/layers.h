/*
 * SPDX-License-Identifier: MIT
 *
 * What a network is made of: its parameters by the layer they belong to, and what
 * layers have in common. network/quantizer.h adds the quantizer, network/network.h
 * makes the whole. Tested in tests/network/test_network.c.
 */
#ifndef VQ_NETWORK_LAYERS_H
#define VQ_NETWORK_LAYERS_H

#include "autograd/graph.h"
#include "autograd/params.h"
#include "base/status.h"

#define STAGES_MAX 3 /* of stride 2: config.downsample is 2, 4 or 8 */
#define RES_LAYERS_MAX 16

typedef struct layer {
    int weight, bias; /* parameter indices; bias -1: none */
} layer;

typedef struct res_stack {
    layer conv3[RES_LAYERS_MAX], conv1[RES_LAYERS_MAX];
} res_stack;

/* A tensor of model files: a parameter under one of its names (tied ones have several).
 */
typedef struct file_tensor {
    char name[PARAM_NAME_MAX];
    int param;
} file_tensor;

#define FILE_TENSORS_MAX 160

typedef struct network {
    vq_config config;
    params p;   /* values are owned */
    int stages; /* of stride 2 in the encoder, and in the decoder */
    layer down[STAGES_MAX], encoder_last, pre_quantize, decoder_first, up[STAGES_MAX];
    res_stack encoder_res, decoder_res;
    int codebook;           /* [K,D], or with several books [books,K,D/heads] */
    int ema_count, ema_sum; /* [K], [K,D]; ema_sum is -1 with the gradient codebook */
    int frozen, linear; /* C [K,D], W [D,D] of simvq, whose codes are C W'; else -1 */
    int usage;          /* [K] rows since codes were revived; -1: never revived */
    file_tensor tensor[FILE_TENSORS_MAX]; /* what model files hold, in model order */
    int n_tensors;
} network;

/* ---- parameters: names are as in files ---- */

/* Add a parameter, in model files when it is saved. Returns -1 after the table is full.
 */
int network_add_param(network *net, const char *name, int rank, const int dims[4],
                      param_role role, bool saved);

/* "name.weight" (oc,c,k,k) and "name.bias" of `n_bias` values. */
layer network_add_conv(network *net, const char *name, int oc, int c, int k,
                       int n_bias);

/* The weights <prefix><block number><block><1 or 3>.weight of config's res_layers. */
void network_add_res_stack(network *net, res_stack *stack, const char *prefix,
                           const char *block);

/* ---- initial values: the stream's number is the parameter's ---- */

void network_draw_uniform(network *net, int id, double bound); /* in +-bound */
void network_draw_normal(network *net, int id);

/* ---- graphs ---- */

/* Blocks of ReLU, conv3, ReLU, conv1 plus skip, and a last ReLU. */
node *network_residual(const network *net, graph *g, const res_stack *stack, node *x);

#endif
