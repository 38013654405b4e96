/*
 * SPDX-License-Identifier: MIT
 *
 * How the encoding of a data set is seen from outside: a vq_progress_fn is told of its
 * looking through the data and of its pictures, and may stop it at any moment. Tested
 * in tests/codec/test_token_set.c.
 */
#ifndef VQ_CODEC_TOKEN_PROGRESS_H
#define VQ_CODEC_TOKEN_PROGRESS_H

#include "codec/model.h"
#include "data/dataset.h"

typedef struct token_progress {
    vq_model *m;         /* borrowed */
    vq_progress_fn call; /* NULL: nobody is told */
    void *user;
    vq_work_fn was; /* whom the model told before */
    void *was_user;
    int64_t all, begun, done; /* pictures; begun: that were there before */
    double start;             /* seconds of the clock */
    bool stopped;             /* asked for at a note */
} token_progress;

/* The model tells this one of its work, unless `call` is NULL, until release. */
void token_progress_init(token_progress *p, vq_model *m, vq_progress_fn call,
                         void *user);
void token_progress_release(token_progress *p);

/* A data_watch for a token_progress. */
bool token_progress_load(void *p, int64_t done, int64_t all);

/* A line for the user, unless it is empty. */
void token_progress_note(token_progress *p, const char *text);

/*
 * Encoding begins, of which `done` pictures are there: those that `there` [ds->n] says,
 * or, where it is NULL, any, of one size. Of the others this process does a share, at
 * the pace of the rest.
 */
void token_progress_begin(token_progress *p, const dataset *ds, const bool *there,
                          int64_t done, double share);

#endif
