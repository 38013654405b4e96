/*
 * SPDX-License-Identifier: MIT
 *
 * A training loop at work, and what it tells and writes (loop_write.c); for loop.c
 * alone. Only rank 0 calls what writes.
 */
#ifndef VQ_TRAIN_LOOP_STATE_H
#define VQ_TRAIN_LOOP_STATE_H

#include "train/checkpoint.h"
#include "train/loop_settings.h"
#include "train/run_folder.h"
#include "train/run_log.h"

typedef struct loop {
    const loop_settings *settings;
    const learner *l;
    bool leads; /* rank 0, which alone writes and tells */
    vq_progress_fn progress;
    void *user;

    run_folder folder;
    run_log log;
    checkpoint_facts facts;
    double epoch;        /* steps that see as much as there is */
    int64_t steps;       /* to train to; 0 with a time budget */
    int64_t first_step;  /* of this part of the run */
    int64_t saved_step;  /* of the checkpoint on disk; -1: none */
    int64_t logged_step; /* where the interval of means began */
    double logged_clock; /* and when */
    double began;        /* clock, less the seconds trained before */
    double done;         /* share of the training, in [0,1] */
} loop;

/* Tell the caller; true when it wants to stop. */
bool loop_tell(const loop *t, vq_event event, const char *text);

/* Tell the caller something, and the log. */
vq_status loop_note(loop *t, const char *text, vq_error *err);

/* End the interval of means: to the log and to the caller. */
vq_status loop_log(loop *t, vq_error *err);

/* VQ_EDIVERGED: `what`, like "a weight", `is`, like "is not finite". */
vq_status loop_diverged(const loop *t, vq_error *err, const char *what, const char *is);

/* Write the checkpoint, and then the model; or the model alone, with its pictures. */
vq_status loop_save(loop *t, vq_error *err);
vq_status loop_write_model(loop *t, vq_error *err);

/* Draw a sample; a failure is told, and it goes on. */
vq_status loop_sample(loop *t, vq_error *err);

/* loop_write_model, unless the model on disk is that of the step resumed from. */
vq_status loop_update_model(loop *t, vq_error *err);

#endif
