/*
 * SPDX-License-Identifier: MIT
 *
 * The resume checkpoint: everything a run needs to go on to the same bytes. Weights,
 * EMA sums, Adam's moments and the averaged weights as flat tensors in the layout of
 * this build, the counters and the recipe as metadata. The position of shuffling and of
 * every random stream is the step. Tested in tests/train/test_trainer.c.
 */
#ifndef VQ_TRAIN_CHECKPOINT_H
#define VQ_TRAIN_CHECKPOINT_H

#include "autograd/adam.h"
#include "base/status.h"
#include "network/network.h"

typedef struct train_state {
    network net;
    network average; /* of net over time, with --weight-ema; else without values */
    adam opt;
    int64_t step;            /* updates done */
    int64_t ema_step;        /* updates of the EMA sums, for debiasing */
    double seconds;          /* trained so far, with a time budget; else 0 */
    double nmse, perplexity; /* running means over about 100 training batches */
} train_state;

vq_status checkpoint_save(const train_state *s, const char *path, vq_error *err);

/*
 * Fill s, which is laid out for its configuration. VQ_EINPUT: not a checkpoint, or of
 * another recipe; the message names the option that differs.
 */
vq_status checkpoint_load(train_state *s, const char *path, vq_error *err);

#endif
