/*
 * SPDX-License-Identifier: MIT
 *
 * log.jsonl of a run folder: one JSON object a line, for every log interval and for
 * every note. Tested in tests/train/test_run_log.c.
 */
#ifndef VQ_TRAIN_RUN_LOG_H
#define VQ_TRAIN_RUN_LOG_H

#include <stdio.h>

#include "base/status.h"

typedef struct run_log {
    char path[VQ_PATH_MAX + 64];
    FILE *stream; /* owned */
} run_log;

/*
 * Open for appending, with the lines of steps up to `step` kept and the rest, torn
 * lines included, gone; a step below 0 keeps none. VQ_EIO, VQ_ENOMEM.
 */
vq_status run_log_open(run_log *log, const char *path, int64_t step, vq_error *err);
void run_log_close(run_log *log); /* legal on a zeroed one */

/* Append an interval: step, epoch, the figures by their names, images_per_s. VQ_EIO. */
vq_status run_log_add(run_log *log, const vq_progress *p, vq_error *err);

/* Append a note. VQ_EIO, VQ_ENOMEM. */
vq_status run_log_note(run_log *log, int64_t step, const char *text, vq_error *err);

#endif
