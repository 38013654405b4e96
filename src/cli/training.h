/*
 * SPDX-License-Identifier: MIT
 *
 * What the commands that train do alike: show the progress, stop at a signal, tell the
 * result.
 */
#ifndef VQ_CLI_TRAINING_H
#define VQ_CLI_TRAINING_H

#include "cli/cli.h"

typedef struct training {
    vq_status (*call)(const void *config, vq_progress_fn progress, void *user,
                      vq_error *err);
    const void *config;
    /* Print the results, given the last interval and the path of what was trained. */
    void (*print)(const vq_progress *last, const char *model);
} training;

vq_status training_run(const args *a, const training *t, vq_error *err);

/* VQ_EUSAGE: more than one of the ways to say how long. */
vq_status training_check_length(const args *a, vq_error *err);

#endif
