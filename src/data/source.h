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
#include "data/split.h"

/* A rectangle of a picture, in pixels; its upper left corner is (y, x). */
typedef struct source_area {
    int y, x, height, width;
} source_area;

/* What a kind of data can do. Picture i is in [0, n); all but close: from any thread.
 */
typedef struct source_ops {
    void (*size)(const void *state, int64_t i, int *height, int *width);

    /* In [0, n_classes). NULL: there are no labels. */
    int (*label)(const void *state, int64_t i);

    /* Its name as a message or an index shows it: a path, or a path and a number. */
    void (*name)(const void *state, int64_t i, char name[VQ_PATH_MAX]);

    /*
     * Copy an area that lies inside the picture to rgb [height,width,3]. VQ_EIO: the
     * file cannot be read; VQ_EINPUT: it is not what it was when it was opened.
     */
    vq_status (*read)(void *state, int64_t i, source_area area, unsigned char *rgb,
                      vq_error *err);

    void (*close)(void *state);
} source_ops;

typedef struct source {
    const source_ops *ops;         /* NULL: not open */
    void *state;                   /* owned; of the kind */
    int64_t n;                     /* pictures */
    int n_classes;                 /* 0: there are no labels */
    const char *const *class_name; /* [n_classes], borrowed until close */
} source;

/* What is to be opened. */
typedef struct source_request {
    const char *data;     /* as the user said it */
    const char *data_dir; /* where data that goes by name is looked for */
    data_split split;
} source_request;

/* A kind of data. */
typedef struct source_kind {
    const char *const *name; /* words that stand for it, ended by NULL */

    /*
     * Open what r->data stands for; where it is not of this kind, leave s->ops NULL and
     * return VQ_OK. On failure nothing stays open.
     */
    vq_status (*open)(source *s, const source_request *r, vq_error *err);
} source_kind;

/* Copy an area of a picture in memory that is `width` pixels wide to rgb. */
void source_cut(const unsigned char *picture, int width, source_area area,
                unsigned char *rgb);

#endif
