/*
 * SPDX-License-Identifier: MIT
 *
 * What the commands that train do alike: show the progress, stop at a signal, tell the
 * result.
 */
#ifndef VQ_CLI_TRAINING_H
#define VQ_CLI_TRAINING_H

#include "cli/cli.h"

#define TRAINING_LINE_MAX (6 * VQ_PATH_MAX) /* every quote in a path takes four */

typedef struct training {
    vq_status (*call)(const void *config, vq_progress_fn progress, void *user,
                      vq_error *err);
    const void *config;
    /* Print the results, given the last interval and the path of what was trained. */
    void (*print)(const vq_progress *last, const char *model);
    /* The command that uses it, given the run folder as a word of the shell. */
    void (*use)(const void *config, const char *folder, char line[TRAINING_LINE_MAX]);
} training;

vq_status training_run(const args *a, const training *t, vq_error *err);

/* VQ_EUSAGE: more than one of the ways to say how long, or one that trains nothing. */
vq_status training_check_length(const args *a, vq_error *err);

/* VQ_EUSAGE: an option that was given does nothing with what the configuration holds.
 */
vq_status training_check_given(const vq_config *config, const args *a, vq_error *err);

#endif
