/*
 * SPDX-License-Identifier: MIT
 *
 * PNG files through libpng's low-level interface; the only user of libpng. Reading and
 * writing go row by row, so a picture need not be held whole to be written.
 * Implements vq_image_read and vq_image_write. Tested in tests/io/test_png.c.
 */
#ifndef VQ_IO_PNG_H
#define VQ_IO_PNG_H

#include "base/status.h"

typedef struct png_writer png_writer;

/* Start an RGB PNG of width x height, atomically; "-" is standard output. */
vq_status png_writer_open(png_writer **writer, const char *path, int width, int height,
                          vq_error *err);

/* Append n rows of width * 3 bytes. */
vq_status png_writer_rows(png_writer *writer, const unsigned char *rgb, int n,
                          vq_error *err);

/* All height rows must have come. Frees writer, also on failure. */
vq_status png_writer_commit(png_writer *writer, vq_error *err);
void png_writer_abort(png_writer *writer); /* NULL is legal */

#endif
