/*
 * SPDX-License-Identifier: MIT
 *
 * PNG files of every kind made sample by sample, without libpng, so that what a reader
 * should give is known by a formula.
 */
#ifndef VQ_TESTS_PNG_BUILD_H
#define VQ_TESTS_PNG_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { PNG_GRAY = 0, PNG_RGB = 2, PNG_PALETTE = 3, PNG_GRAY_ALPHA = 4, PNG_RGBA = 6 };

typedef struct png_bytes {
    unsigned char *v; /* owned, free() */
    size_t size;
} png_bytes;

typedef struct png_spec {
    int width, height, depth, color;
    bool interlaced;
    const uint16_t *samples;   /* [height, width, channels] */
    const unsigned char *plte; /* NULL: no PLTE chunk */
    size_t plte_size;
    const unsigned char *trns; /* NULL: no tRNS chunk */
    size_t trns_size;
    const char *extra; /* type of one more chunk, before IDAT; NULL: none */
    const unsigned char *extra_data; /* NULL: zero bytes */
    size_t extra_size;
    bool extra_bad_crc;
} png_spec;

int png_channels(int color);
png_bytes png_build(const png_spec *spec);

/* Append a chunk with its CRC. */
void png_chunk(png_bytes *file, const char *type, const void *data, size_t size);

/* Signature and IHDR alone. */
png_bytes png_build_header(uint32_t width, uint32_t height, int depth, int color,
                           int interlace);

/* A stream that reads bytes; fclose() it. */
FILE *png_open(const unsigned char *bytes, size_t size);

#endif
