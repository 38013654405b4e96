/*
 * SPDX-License-Identifier: MIT
 *
 * What the ranks of a training have to settle before and after their steps: that they
 * are of one build and have the same data, settings and weights, what a checkpoint
 * holds, and what is said when one has died. Without others, nothing.
 * Tested by scripts/check-mpi.sh.
 */
#ifndef VQ_TRAIN_RANKS_H
#define VQ_TRAIN_RANKS_H

#include "train/checkpoint.h"

/* cluster_agree without a word. */
vq_status ranks_agree(vq_status mine, vq_error *err);

/*
 * The program's bytes, the kernels that this machine runs, the settings that a resumed
 * run must have, and the data of an opened learner are those of rank 0. VQ_EINPUT: the
 * message names what is not; on all ranks.
 */
vq_status ranks_compare(const learner *l, vq_error *err);

/* So are the values that a checkpoint would hold. */
vq_status ranks_compare_weights(const learner *l, vq_error *err);

/* Rank 0's state of a learner, and its facts, to all. */
vq_status ranks_share_state(const learner *l, checkpoint_facts *facts, vq_error *err);

/* VQ_EIO, saying which rank has died and that the checkpoint of saved_step (below 0:
 * none) stands. */
vq_status ranks_tell_death(int64_t saved_step, const char *folder, vq_error *err);

#endif
