/*
 * SPDX-License-Identifier: MIT
 *
 * Corpus: the codes of a data set under a model, with the pictures' classes: what a
 * prior learns from and is scored on. Encoded once and kept in memory, 256 bytes for a
 * CIFAR image. Tested in tests/prior/test_prior.c.
 */
#ifndef VQ_PRIOR_CORPUS_H
#define VQ_PRIOR_CORPUS_H

#include "codec/model.h"
#include "data/dataset.h"
#include "prior/prior_file.h"

typedef struct corpus {
    int64_t n; /* grids; with mirror images these follow the pictures, in their order */
    int64_t pictures;
    int h, w, n_books, k;
    int32_t *codes;              /* [n,h,w,n_books]; owned */
    int *label;                  /* [pictures], -1: none; owned */
    int classes;                 /* 0: the data has none */
    char names[PRIOR_NAMES_MAX]; /* of the classes, a comma between */
} corpus;

typedef struct corpus_request {
    const char *data, *data_dir; /* as source_request has them, and these */
    data_split split;
    int64_t cache;
    source_bad bad;
    int threads;
    int side;      /* pixels per side of what is taken from pictures of several sizes */
    bool mirror;   /* also the mirror image of each */
    uint64_t seed; /* of the places where they are taken from */
    data_watch watch; /* told how many of all pictures are done, by one worker at a
                         time; NULL: nobody, or whom the model tells */
    void *user;
} corpus_request;

/*
 * Encode, with the model's passes. Pictures of one size are taken whole. VQ_EINPUT:
 * pictures too small, or class names too long; VQ_ENOMEM; or as dataset_open. After a
 * failure it is released.
 */
vq_status corpus_open(corpus *c, vq_model *model, const corpus_request *r,
                      vq_error *err);
void corpus_release(corpus *c); /* legal on a zeroed one */

const int32_t *corpus_codes(const corpus *c, int64_t i); /* [h,w,n_books] */
int corpus_label(const corpus *c, int64_t i);            /* -1: none */

/* Bits a code of the corpus: of one table of frequencies for each book. */
double corpus_order0(const corpus *c);

#endif
