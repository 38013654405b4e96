/*
 * SPDX-License-Identifier: MIT
 *
 * The training loop, the same for everything that is trained: when to stop (steps,
 * epochs, the clock), the log, the pictures, saving and resuming, the run folder and
 * its lock, the caller's wish to stop, the refusal of what is not finite.
 * Tested in tests/train/test_loop.c with a toy, in tests/train/test_trainer.c with the
 * VQ-VAE.
 *
 * A save writes the checkpoint, then the model, then the pictures. So whatever moment a
 * run is killed at, resuming finds a checkpoint of the same run or none at all, writes
 * the model where it is not the checkpoint's, and ends at the same bytes.
 */
#ifndef VQ_TRAIN_LOOP_H
#define VQ_TRAIN_LOOP_H

#include "train/learner.h"
#include "train/loop_settings.h"

/* The name of a new run's folder: DATA-KIND, of a path its last part, of "." what the
 * folder is called. */
void loop_name(const char *data, const char *kind, char name[VQ_PATH_MAX]);

/* The settings that every vq_config holds; borrows its texts. */
loop_settings loop_settings_of(const vq_config *config, const char *name);

/*
 * Train. VQ_ESTOPPED: progress asked for it, and the state is saved unless there was no
 * step to save. VQ_EDIVERGED: something is not finite; the last checkpoint stays.
 * VQ_EUSAGE, VQ_EINPUT and VQ_EIO: as the run folder, the checkpoint and the learner.
 * The learner is closed in any case.
 */
vq_status loop_run(const loop_settings *settings, const learner *l,
                   vq_progress_fn progress, void *user, vq_error *err);

#endif
