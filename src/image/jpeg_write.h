/*
 * SPDX-License-Identifier: MIT
 *
 * JPEG files written through libjpeg-turbo: quality 95, no channel made smaller, the
 * integer transform, so that the bytes are the same on every machine. Tested in
 * tests/image/test_write.c.
 */
#ifndef VQ_IMAGE_JPEG_WRITE_H
#define VQ_IMAGE_JPEG_WRITE_H

#include "image/image.h"

#define JPEG_MAX_SIDE 65500 /* libjpeg's own limit */

typedef struct jpeg_writer jpeg_writer;

/*
 * Start an RGB or a gray JPEG of width x height, atomically; "-" is standard output.
 * VQ_EINPUT: a side outside [1, JPEG_MAX_SIDE]; VQ_EIO; VQ_ENOMEM. After any failure
 * below only abort is legal.
 */
vq_status jpeg_writer_open(jpeg_writer **writer, const char *path, int width,
                           int height, bool gray, vq_error *err);

/* Append n rows of width * 3 bytes. */
vq_status jpeg_writer_rows(jpeg_writer *writer, const unsigned char *rgb, int n,
                           vq_error *err);

/* All height rows must have come. Frees writer, also on failure. */
vq_status jpeg_writer_commit(jpeg_writer *writer, vq_error *err);
void jpeg_writer_abort(jpeg_writer *writer); /* NULL is legal */

#endif
