/*
 * SPDX-License-Identifier: MIT
 *
 * A stepper on a network that is small enough to run often, and its pictures.
 */
#ifndef VQ_TESTS_TRAIN_RIG_H
#define VQ_TESTS_TRAIN_RIG_H

#include "support.h"

#include "autograd/net.h"
#include "train/stepper.h"

#define RIG_SIDE 8

/* Image i of the batch is a function of i; images from fail_from on cannot be read. */
typedef struct rig_source {
    int fail_from;
    bool poison; /* one value of image 5 is NaN */
} rig_source;

extern const rig_source rig_images; /* as many as anybody wants */

/* A stepper, and what its calls fill. */
typedef struct rig {
    net t;
    stepper s;
    node *x;
    double loss[LOSS_PARTS];
} rig;

/* An encoder, quantizer and decoder; p and g in a net. */
node *rig_build(net *t);
/* A shard_loader of a rig_source. */
vq_status rig_load(void *source, int first, int n, float *x, vq_error *err);

void rig_open(rig *r, int batch, int threads);
void rig_close(rig *r);
/* Losses and gradients of one batch. */
vq_status rig_gradients(rig *r, const rig_source *images, vq_error *err);

#endif
