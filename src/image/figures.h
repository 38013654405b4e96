/*
 * SPDX-License-Identifier: MIT
 *
 * The figures in the log of a training, each a column of numbers: which ones there are
 * is for the log to say. Tested in tests/image/test_figures.c.
 */
#ifndef VQ_IMAGE_FIGURES_H
#define VQ_IMAGE_FIGURES_H

#include "base/status.h"

enum { FIGURES_MAX = 32, FIGURES_NAME_MAX = 32 };

typedef struct figures {
    char name[FIGURES_MAX][FIGURES_NAME_MAX]; /* in the order the log names them */
    double *value[FIGURES_MAX]; /* [n] each, owned; NaN where a line has none */
    int n_figures;
    double *step; /* [n], owned */
    int n, room;
} figures;

/*
 * Read a log.jsonl. Lines that cannot be read are left out, as is what is no number and
 * a line that has no figure but its step. On failure there is nothing to release.
 * VQ_EIO, VQ_EINPUT: over 1 GiB, VQ_ENOMEM.
 */
vq_status figures_read(figures *f, const char *path, vq_error *err);
void figures_release(figures *f); /* legal on a zeroed one */

/* The values [n] of a figure; NULL: no line has it. */
const double *figures_find(const figures *f, const char *name);

/* Its last value that is a number; NaN: there is none. */
double figures_last(const figures *f, const char *name);

#endif
