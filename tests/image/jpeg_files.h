/*
 * SPDX-License-Identifier: MIT
 *
 * Small JPEG files of every kind with the pixels that Pillow makes of them.
 */
#ifndef VQ_TESTS_IMAGE_JPEG_FILES_H
#define VQ_TESTS_IMAGE_JPEG_FILES_H

#include <stddef.h>
#include <stdint.h>

typedef struct jpeg_file {
    const char *name;
    int width, height; /* upright */
    uint32_t crc;      /* CRC-32 of its RGB bytes */
    size_t size;
    const unsigned char *file;
} jpeg_file;

static const jpeg_file jpeg_files[] = {
#include "image/jpeg.inc"
};

#define JPEG_FILES (sizeof jpeg_files / sizeof *jpeg_files)

#endif
