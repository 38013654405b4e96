/*
 * SPDX-License-Identifier: MIT
 *
 * Trainings for tests: a folder with tiny data, configurations of runs in it, a
 * callback that watches, and the files that a run leaves.
 */
#ifndef VQ_TESTS_TRAIN_LAB_H
#define VQ_TESTS_TRAIN_LAB_H

#include "support.h"

/* One training's surroundings: a folder with data, and what its callback saw. */
typedef struct lab {
    char folder[256], data[300];
    int64_t stop_at;  /* ask to stop after this step; 0: never */
    int64_t steps;    /* VQ_EVENT_STEP seen */
    long allocations; /* between the second and the last step */
    double first_loss, last_loss;
} lab;

/* n_images of tiny_data. */
lab *lab_open(int n_images);
void lab_close(lab *l);

/* The progress callback of a lab. */
int lab_watch(const vq_progress *p, void *user);

/* The tiny preset, for `steps` steps in folder/run. */
vq_config lab_config(const lab *l, const char *preset, const char *run, int64_t steps);

/* The k-th of LAB_KINDS ways to train: presets, and all the recipe's options. */
#define LAB_KINDS 4
vq_config lab_kind(const lab *l, int k, const char *run, int64_t steps);

/* A file of the run, as bytes; free(). */
unsigned char *lab_file(const vq_config *c, const char *name, size_t *size);

/* Fail unless both runs left the same bytes under this name. */
void lab_assert_same(const vq_config *a, const vq_config *b, const char *name);

#endif
