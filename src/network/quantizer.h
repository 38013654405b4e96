/*
 * SPDX-License-Identifier: MIT
 *
 * The quantizer's part of a network: its tensors, their first values and its nodes.
 * Tested in tests/network/test_network.c.
 */
#ifndef VQ_NETWORK_QUANTIZER_H
#define VQ_NETWORK_QUANTIZER_H

#include "network/layers.h"

/* state_dict names; NULL: not part of model files. linear is an nn.Linear's weight. */
typedef struct codebook_names {
    const char *codebook, *ema_count, *ema_sum, *frozen, *linear;
} codebook_names;

/* How the codes of a position lie in the codebook. */
books network_books(const vq_config *config);
int network_depth(const vq_config *config); /* codes of a position */

/* Add the codebook and its statistics, and draw their first values. */
void network_add_codebook(network *net, const codebook_names *names);
void network_draw_codebook(network *net);

/* From the encoder's output z to the rows that are compared with codes, and to the
 * codes with their losses. */
node *network_quantizer_input(const network *net, graph *g, node *z);
node *network_quantizer(const network *net, graph *g, node *z);

/*
 * Rows [n,D] of the former, in place, to where they lie among the codes, so that the
 * nearest is what the quantizer takes: they are changed for fsq alone.
 */
void network_bound_rows(const network *net, float *rows, size_t n);

/* Codes that follow from something else: the map of simvq, the levels of fsq. */
void network_derive_codes(network *net);

/* Bring every code to unit length. */
void network_unit_codes(network *net);

#endif
