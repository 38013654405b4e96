/*
 * SPDX-License-Identifier: MIT
 *
 * The run folder: where a training keeps everything it leaves behind.
 *   config.json  log.jsonl  model.safetensors  checkpoint.safetensors
 *   samples/STEP.png  curves.svg  and the learner's own pictures
 * and, while it trains, .lock with the number of its process. A link under runs/ leads
 * to the newest run of its kind.
 *
 * config.json and the checkpoint carry the number of the run in its folder. A run that
 * overwrites another takes away the old checkpoint and model before it writes the new
 * configuration, so that no moment pairs the one with the other.
 * Tested in tests/train/test_run_folder.c.
 */
#ifndef VQ_TRAIN_RUN_FOLDER_H
#define VQ_TRAIN_RUN_FOLDER_H

#include "base/run_files.h"
#include "base/status.h"

typedef struct run_folder {
    char path[VQ_PATH_MAX];
    bool chosen;         /* path is ours to choose: under runs/, not there yet */
    const char *latest;  /* the link to the newest run; borrowed */
    const char *name;    /* of a chosen one; borrowed */
    bool has_checkpoint; /* when it was opened */
    int64_t run;         /* number of the run that is to be trained */
    int lock;            /* descriptor of .lock; 0: not locked */
} run_folder;

/*
 * Look at the folder `out`, or choose a new one runs/<name>; makes nothing. With resume
 * and no `out` it is the one that the link `latest`, runs/<word>, leads to. One that is
 * there is locked. VQ_EUSAGE: it holds a checkpoint or a model, and neither resume nor
 * force is asked for; VQ_EINPUT: there is nothing to resume; VQ_EIO: another process
 * trains in it.
 */
vq_status run_folder_open(run_folder *f, const char *latest, const char *name,
                          const char *out, bool resume, bool force, vq_error *err);

/*
 * Begin a run: make the folder, lock it, take away what a former run left, write
 * config.json. VQ_EIO.
 */
vq_status run_folder_begin(run_folder *f, const char *config, vq_error *err);

/* Go on with the run: write config.json again. VQ_EIO. */
vq_status run_folder_describe(run_folder *f, const char *config, vq_error *err);

/* Point f->latest at a folder under runs/. note: why that failed; else empty. */
void run_folder_link_latest(const run_folder *f, char note[320]);

/*
 * The folder of that name, or of "latest" RUN_LATEST. VQ_EIO: it is not there;
 * VQ_EINPUT: it is a file.
 */
vq_status run_folder_find(char folder[VQ_PATH_MAX], const char *name, vq_error *err);

/* Does a training have the folder at this moment? */
bool run_folder_is_locked(const char *folder);

void run_folder_close(run_folder *f); /* unlocks; legal on a zeroed one */

/* path/name into out. */
void run_folder_file(const run_folder *f, const char *name, char out[VQ_PATH_MAX + 64]);

#endif
