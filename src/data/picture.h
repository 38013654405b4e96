/*
 * SPDX-License-Identifier: MIT
 *
 * Picture: one PNG or JPEG file of a data set. What its header says is kept, its pixels
 * are read when they are needed. Tested in tests/data/test_picture.c.
 */
#ifndef VQ_DATA_PICTURE_H
#define VQ_DATA_PICTURE_H

#include <stdint.h>

#include "base/status.h"

typedef struct picture {
    char *path;         /* owned; relative to the root, or absolute */
    int32_t label;      /* -1: none */
    int height, width;  /* upright; 0 until picture_look */
    int64_t size, time; /* of the file: bytes, nanoseconds of its last change */
    unsigned char *rgb; /* [height,width,3] owned, of a cache; NULL: not kept */
} picture;

/* The path to open; root "" is none. VQ_EUSAGE: it is too long. */
vq_status picture_path(const picture *p, const char *root, char path[VQ_PATH_MAX],
                       vq_error *err);

/*
 * Read the header of p->path below root. An empty file has p->size 0 and is VQ_OK.
 * Messages name p->path alone. VQ_EIO: cannot be opened or read; VQ_EINPUT: no regular
 * file, or no picture; VQ_ENOMEM.
 */
vq_status picture_look(picture *p, const char *root, vq_error *err);

/*
 * Decode at least the first `rows` rows of it, as image_decode does; `name` is for
 * messages, NULL is its whole path. VQ_EIO: cannot be opened
 * or read; VQ_EINPUT: damaged, or not the file that picture_look saw; VQ_ENOMEM.
 */
vq_status picture_decode(const picture *p, const char *root, const char *name, int rows,
                         vq_image *image, vq_error *err);

#endif
