/*
 * SPDX-License-Identifier: MIT
 *
 * Writing a picture row by row, in the format that the file's name says: JPEG for .jpg
 * and .jpeg, else PNG. Implements vq_image_write and vq_image_check_target. Tested in
 * tests/image/test_write.c.
 */
#ifndef VQ_IMAGE_WRITE_H
#define VQ_IMAGE_WRITE_H

#include "image/image.h"

typedef struct image_writer {
    struct png_writer *png;   /* one of these two, or none: it is not open */
    struct jpeg_writer *jpeg; /* owned */
} image_writer;

/* As png_writer_open and jpeg_writer_open; VQ_EUSAGE: a format that is not written. */
vq_status image_writer_open(image_writer *w, const char *path, int width, int height,
                            bool gray, vq_error *err);

/* Append n rows of width * 3 bytes; gray ones have three equal bytes a pixel. */
vq_status image_writer_rows(image_writer *w, const unsigned char *rgb, int n,
                            vq_error *err);

/* All rows must have come. Closes w, also on failure. */
vq_status image_writer_commit(image_writer *w, vq_error *err);
void image_writer_abort(image_writer *w); /* legal on a zeroed or closed one */

#endif
