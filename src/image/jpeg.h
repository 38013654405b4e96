/*
 * SPDX-License-Identifier: MIT
 *
 * JPEG files read through libjpeg-turbo. Baseline and progressive, gray,
 * colour and CMYK become RGB. The bytes are the same on every machine: the decoder's
 * integer transform and its smooth upsampling are exact at every SIMD level.
 * Tested in tests/image/test_jpeg.c and fuzzed by tests/fuzz/fuzz_jpeg.c.
 */
#ifndef VQ_IMAGE_JPEG_H
#define VQ_IMAGE_JPEG_H

#include <stdio.h>

#include "image/image.h"

/*
 * Read a picture from a stream open for reading, which stays open, and turn it as its
 * Exif data says. CMYK is taken as Adobe writes it, inverted. `name` is for messages.
 * At least the first `rows` rows are read; those behind them may be anything, and what
 * is wrong with them may stay unseen. With IMAGE_SIZE_ALONE image->rgb is NULL, and
 * only headers are read. VQ_EINPUT: not a valid JPEG, damaged, cut short, or over
 * VQ_MAX_PIXELS; VQ_EIO; VQ_ENOMEM.
 */
vq_status jpeg_decode(vq_image *image, int rows, const char *name, FILE *stream,
                      vq_error *err);

#endif
