/*
 * SPDX-License-Identifier: MIT
 *
 * Source: numbered RGB pictures behind one interface. A kind of data is one file that
 * knows how to open what the user named and gives a source of functions; nothing else
 * in the program knows the kinds, and data/dataset.c alone lists them.
 */
#ifndef VQ_DATA_SOURCE_H
#define VQ_DATA_SOURCE_H

#include <stdint.h>

#include "base/status.h"
#include "data/listing.h"
#include "data/split.h"

/* ---- what a source can do
 * ------------------------------------------------------------
 */

/* A rectangle of a picture, in pixels; its upper left corner is (y, x). */
typedef struct source_area {
    int y, x, height, width;
} source_area;

/* Picture i is in [0, n); all but close may be called from any thread. */
typedef struct source_ops {
    void (*size)(const void *state, int64_t i, int *height, int *width);

    /* In [0, n_classes); asked for only where there are classes. */
    int (*label)(const void *state, int64_t i);

    /* Its name as a message or an index shows it: a path, or a path and a number. */
    void (*name)(const void *state, int64_t i, char name[VQ_PATH_MAX]);

    /*
     * Copy an area that lies inside the picture to rgb [height,width,3]. VQ_EIO: the
     * file cannot be read; VQ_EINPUT: it is damaged, or not what it was when it was
     * opened.
     */
    vq_status (*read)(void *state, int64_t i, source_area area, unsigned char *rgb,
                      vq_error *err);

    void (*close)(void *state);
} source_ops;

typedef struct source {
    const source_ops *ops;         /* NULL: not open */
    void *state;                   /* owned; of the kind */
    int64_t n;                     /* pictures */
    int64_t left_out;              /* others, which cannot be used */
    int n_classes;                 /* 0: there are no labels */
    const char *const *class_name; /* [n_classes], borrowed until close */
} source;

/* The i-th of n pictures that are spread over all of them. */
int64_t source_spread(int64_t i, int64_t n, int64_t all);

/* Copy an area of a picture in memory that is `width` pixels wide to rgb. */
void source_cut(const unsigned char *picture, int width, source_area area,
                unsigned char *rgb);

/* ---- what is to be opened
 * -------------------------------------------------------------
 */

#define SOURCE_NOTE_MAX 1536
#define SOURCE_HEAD_MAX 16

/* Of data up to this size everything is looked at where it matters: 1.6 GB. */
#define SOURCE_EXACT_PIXELS ((int64_t)1 << 29)

/* What cannot be used fails, with a word on --skip-bad where the command has that and
 * something would be left, or is left out. */
typedef enum source_bad {
    SOURCE_BAD_FAIL,
    SOURCE_BAD_OFFER,
    SOURCE_BAD_SKIP
} source_bad;

typedef struct source_request {
    const char *data; /* as the user said it */
    const char *const
        *pictures; /* in place of data, files of pictures, in this order */
    int n_pictures;
    const char
        *data_dir; /* where data that goes by name is looked for; NULL: nowhere */
    data_split split;
    int side;      /* pixels that every side must have; 0: any */
    int64_t most;  /* pictures that are wanted at most, evenly spread; 0: all */
    int64_t cache; /* bytes of decoded pictures that may be kept */
    bool check;    /* read pixels now, and name everything that is damaged */
    source_bad bad;
    int threads;      /* workers; 0: one per processor */
    data_watch watch; /* NULL: nobody */
    void *user;

    /* filled in by dataset_open */
    const listing *files;                /* of a folder: what it holds; else NULL */
    unsigned char head[SOURCE_HEAD_MAX]; /* of a regular file: its first bytes */
    size_t n_head;
    char *note; /* [SOURCE_NOTE_MAX] for source_note */
} source_request;

/* Add a remark for the user; what is too long is cut. */
void source_note(const source_request *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- kinds
 * ----------------------------------------------------------------------------
 */

typedef struct source_kind {
    const char *what;           /* for messages: "a .bin file" */
    const char *const *name;    /* words that stand for it, ended by NULL; or NULL */
    const char *const *endings; /* of files that it looks for in a folder; or NULL */

    /* How many images a folder holds for it; NULL: it does not take folders. */
    int64_t (*count)(const source_request *r);

    /*
     * Open what r->data stands for; of a folder, count was not 0. Where it is not of
     * this kind, leave s->ops NULL and return VQ_OK. On failure nothing stays open.
     */
    vq_status (*open)(source *s, const source_request *r, vq_error *err);
} source_kind;

#endif
