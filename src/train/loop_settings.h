/*
 * SPDX-License-Identifier: MIT
 *
 * What a caller of train/loop.h decides.
 */
#ifndef VQ_TRAIN_LOOP_SETTINGS_H
#define VQ_TRAIN_LOOP_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct loop_settings {
    const char *name;   /* of a new run's folder under runs/: "cifar10-best" */
    const char *out;    /* run folder; empty: a new one */
    const char *latest; /* link to the newest run; NULL: RUN_LATEST */
    bool resume, force;
    int64_t steps;       /* to train to; 0: epochs, or the clock */
    double epochs;       /* to train for; 0: the clock */
    int64_t time_budget; /* seconds; 0: none */
    int64_t log_every, sample_every, save_every; /* steps; 0: only at the end */
    bool sample_first; /* draw a sample before the first step, too */
    int batch_size;    /* for figures of speed */
    double lr;         /* for advice on divergence */
    bool bf16;         /* convolutions multiply in bfloat16 */
} loop_settings;

#endif
