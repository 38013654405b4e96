/*
 * SPDX-License-Identifier: MIT
 *
 * One update of a training's state from the gradients that a stepper holds: the
 * learning rate of the moment, clipping, Adam, the codes' own rules (codebook.h), and
 * the average of the weights that becomes the model. Tested in
 * tests/train/test_optimize.c.
 */
#ifndef VQ_TRAIN_OPTIMIZE_H
#define VQ_TRAIN_OPTIMIZE_H

#include "train/state.h"
#include "train/stepper.h"

/*
 * Adam's moments for s->net, and a network for its average where the configuration asks
 * for one. VQ_ENOMEM; release is legal then.
 */
vq_status optimize_init(train_state *s, vq_error *err);
void optimize_release(train_state *s);

/* Start the average from the network's values. Not after loading a checkpoint. */
void optimize_begin(train_state *s);

/* Have st measure what updates of s need. */
void optimize_prepare(const train_state *s, stepper *st);

/* The network to evaluate and to save: the average where there is one. */
const network *optimize_result(const train_state *s);

/*
 * Update s, and count the step. st: its gradients are finite, of this state's weights.
 * progress: the share of the training that is done, in [0,1].
 *   clip: the gradient of all trained values is scaled by adam_clip of its norm
 *   average += (1 - min(decay, (1 + t) / (10 + t))) (values - average) at update t, so
 * that an average of few updates is not one of the initial weights
 */
void optimize(train_state *s, stepper *st, double progress);

#endif
