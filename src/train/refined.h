/*
 * SPDX-License-Identifier: MIT
 *
 * The end of a training that is meant for refined codes (codec/refine.h), config's
 * refine_share: encoder and codes stay as they are, and the decoder learns from what
 * they become after REFINED_PASSES passes. A step of it takes the place of the
 * stepper's. Tested in tests/train/test_refined.c.
 *
 * Encoder and codes that learn from refined codes too win nothing and cost a fifth
 * more; with codes revived meanwhile, they lose: data/README.md.
 */
#ifndef VQ_TRAIN_REFINED_H
#define VQ_TRAIN_REFINED_H

#include "network/network.h"
#include "train/stepper.h"

#define REFINED_PASSES 3

/* A worker's: the encoder, the decoder back to its input, and a shard's rows. */
typedef struct refined_worker {
    run rows, probe;
    float *z, *q;   /* [rows,D] */
    float *left;    /* [rows,D] z again, which quantizing uses up */
    int32_t *code;  /* [rows,depth] */
    float *eta;     /* [images] */
    float *scratch; /* of books_quantize */
} refined_worker;

typedef struct refined {
    const network *net;           /* borrowed */
    graph encoder, back, decoder; /* the last one is trained */
    network_nodes from, probe, to;
    stepper step; /* of the decoder: its gradient is the batch's */
    books b;
    int threads;
    refined_worker *each; /* [threads] */
    float *packed[2];     /* of encoder and back */
    arena memory;         /* owns what the workers have */
} refined;

/* Everything for steps over images of side x side pixels; p is net's. VQ_ENOMEM. */
vq_status refined_open(refined *r, network *net, int side, double variance,
                       vq_error *err);
void refined_close(refined *r); /* legal on a zeroed one */

/*
 * As stepper_gradients, and what follows is asked of r->step. Codes are counted where a
 * quantizer counts them. Encoder and codes have no gradient.
 */
vq_status refined_gradients(refined *r, shard_loader load, void *user,
                            double loss[LOSS_PARTS], vq_error *err);

#endif
