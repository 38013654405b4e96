/*
 * SPDX-License-Identifier: MIT
 *
 * PNG files through libpng's low-level interface; the only user of libpng. Reading and
 * writing go row by row, so a picture need not be held whole to be written.
 * Tested in tests/image/test_png.c and fuzzed by tests/fuzz/fuzz_png.c.
 */
#ifndef VQ_IMAGE_PNG_H
#define VQ_IMAGE_PNG_H

#include <stdio.h>

#include "image/image.h"

/* libpng's own limit on either side of a picture. */
#define PNG_MAX_SIDE 1000000

/*
 * Read a picture from a stream open for reading, which stays open, and turn it as an
 * eXIf chunk before the pixels says. `name` is for messages. Rows as jpeg_decode takes
 * them. VQ_EINPUT: not a valid PNG, or over VQ_MAX_PIXELS; VQ_EIO; VQ_ENOMEM.
 */
vq_status png_decode(vq_image *image, int rows, const char *name, FILE *stream,
                     vq_error *err);

typedef struct png_writer png_writer;

/*
 * Start an RGB or a gray PNG of width x height, atomically; "-" is standard output.
 * VQ_EINPUT: a side outside [1, PNG_MAX_SIDE]. After any failure below only abort is
 * legal.
 */
vq_status png_writer_open(png_writer **writer, const char *path, int width, int height,
                          bool gray, vq_error *err);

/* Append n rows of width * 3 bytes; of gray only red is looked at. */
vq_status png_writer_rows(png_writer *writer, const unsigned char *rgb, int n,
                          vq_error *err);

/* All height rows must have come. Frees writer, also on failure. */
vq_status png_writer_commit(png_writer *writer, vq_error *err);
void png_writer_abort(png_writer *writer); /* NULL is legal */

#endif
