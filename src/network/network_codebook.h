/*
 * SPDX-License-Identifier: MIT
 *
 * The quantizer's part of a network: its tensors, their first values and its nodes.
 * Tested in tests/network/test_network.c.
 */
#ifndef VQ_NETWORK_NETWORK_CODEBOOK_H
#define VQ_NETWORK_NETWORK_CODEBOOK_H

#include "network/network.h"

/* state_dict names; NULL: not part of model files. linear is an nn.Linear's weight. */
typedef struct codebook_names {
    const char *codebook, *ema_count, *ema_sum, *frozen, *linear;
} codebook_names;

/* ---- what the quantizer adds to a network ---- */

void network_add_codebook(network *net, const codebook_names *names);
void network_draw_codebook(network *net);
node *network_quantizer_input(const network *net, graph *g, node *z);
node *network_quantizer(const network *net, graph *g, node *z);

/* Codes that follow from something else: the map of simvq, the levels of fsq. */
void network_derive_codes(network *net);

/* Bring every code to unit length. */
void network_unit_codes(network *net);

/* ---- what network.c lends ---- */

/* Add a parameter, in model files when it is saved. Returns -1 after the table is full.
 */
int network_add_param(network *net, const char *name, int rank, const int dims[4],
                      param_role role, bool saved);

/* Uniform in +-bound, or normal. The stream's number is the parameter's. */
void network_draw_uniform(network *net, int id, double bound);
void network_draw_normal(network *net, int id);

#endif
