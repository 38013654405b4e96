/*
 * SPDX-License-Identifier: MIT
 *
 * The run folder: where a training keeps everything it leaves behind.
 *   config.json  log.jsonl  model.safetensors  checkpoint.safetensors
 *   samples/STEP.png  curves.svg  usage.svg
 * runs/latest links to the newest run under runs/. Tested in
 * tests/train/test_trainer.c.
 */
#ifndef VQ_TRAIN_RUN_FOLDER_H
#define VQ_TRAIN_RUN_FOLDER_H

#include <stdio.h>

#include "base/status.h"

typedef struct run_folder {
    char path[VQ_PATH_MAX];
    FILE *log; /* owned */
} run_folder;

/*
 * Make or reopen config->out, or a new folder under runs/ when that is empty. A folder
 * that holds a run is refused (VQ_EUSAGE) unless config asks to resume it or to
 * overwrite it; resuming one that holds none is VQ_EINPUT.
 */
vq_status run_folder_open(run_folder *f, const vq_config *config, vq_error *err);
void run_folder_close(run_folder *f); /* legal on a zeroed one */

/* path/name into out. */
void run_folder_file(const run_folder *f, const char *name, char out[VQ_PATH_MAX + 64]);

/* Write config.json and point runs/latest here. */
vq_status run_folder_describe(run_folder *f, const vq_config *config, vq_error *err);

/* Start the log; on resuming, keep the lines of steps up to `step` only. */
vq_status run_folder_open_log(run_folder *f, bool resume, int64_t step, vq_error *err);

/* Append a line with a note, a text that JSON needs not escape, to the log. */
vq_status run_folder_note(run_folder *f, int64_t step, const char *text, vq_error *err);

/* Append one progress object to the log. */
vq_status run_folder_log(run_folder *f, const vq_progress *p, vq_error *err);

#endif
