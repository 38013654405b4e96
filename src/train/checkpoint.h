/*
 * SPDX-License-Identifier: MIT
 *
 * The resume checkpoint: everything a run needs to go on to the same bytes. A learner's
 * weights, sums and moments as flat tensors in the layout of this build; counters and
 * settings as metadata. The position of shuffling and of every random stream is the
 * step. Tested in tests/train/test_checkpoint.c.
 */
#ifndef VQ_TRAIN_CHECKPOINT_H
#define VQ_TRAIN_CHECKPOINT_H

#include "train/learner.h"

/* What the loop itself has to remember. */
typedef struct checkpoint_facts {
    int64_t run;    /* number of the run in its folder, as config.json has it */
    int64_t step;   /* updates done */
    double seconds; /* trained so far, with a time budget; else 0 */
} checkpoint_facts;

vq_status checkpoint_save(const learner *l, const checkpoint_facts *facts,
                          const char *path, vq_error *err);

/*
 * Fill the learner and facts; facts->run is the number that the file must have. *note
 * says that the data is no longer what it was; else it is empty. VQ_EINPUT: not a
 * checkpoint, a damaged one, one of another run or of other settings (the message names
 * the one that differs).
 */
vq_status checkpoint_load(const learner *l, checkpoint_facts *facts, const char *path,
                          char note[320], vq_error *err);

#endif
