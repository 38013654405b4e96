/*
 * SPDX-License-Identifier: MIT
 *
 * What the training of a VQ-VAE moves from step to step, and its checkpoint holds.
 * Tested in tests/train/test_checkpoint.c.
 */
#ifndef VQ_TRAIN_STATE_H
#define VQ_TRAIN_STATE_H

#include "autograd/adam.h"
#include "autograd/muon.h"
#include "network/network.h"
#include "train/learner.h"

typedef struct train_state {
    network net;
    network average; /* of net over time, with --weight-ema; else without values */
    adam opt;
    muon muon;               /* with --optimizer muon; else empty */
    int64_t step;            /* updates done */
    int64_t ema_step;        /* updates of the EMA sums, for debiasing */
    double nmse, perplexity; /* running means over about 100 training batches */
} train_state;

/* What a checkpoint holds of s; and take its numbers back. */
void state_give(const train_state *s, learner_state *state);
void state_take(train_state *s, const learner_state *state);

/* The i-th setting that a resumed run must have as it was; false past the last one. */
bool state_setting(const vq_config *config, int i, learner_setting *setting);

#endif
