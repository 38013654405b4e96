/*
 * SPDX-License-Identifier: MIT
 *
 * Small zip archives for tests, with stored entries.
 */
#ifndef VQ_TESTS_IO_ZIP_BUILD_H
#define VQ_TESTS_IO_ZIP_BUILD_H

#include <stddef.h>

typedef struct zip_file {
    unsigned char bytes[8192];
    size_t size;      /* of all of it, after zip_build_end */
    size_t directory; /* where the directory begins, after zip_build_end */
    struct {
        size_t at;
        const char *name;
        size_t size;
    } entry[8];
    int n;
} zip_file;

/* Add an entry to a zeroed archive, then the directory. */
void zip_build_add(zip_file *z, const char *name, const void *data, size_t size);
void zip_build_end(zip_file *z);

/* archive/data.pkl of this pickle, and archive/data/0 of `size` bytes unless NULL. */
void zip_build_torch(zip_file *z, const char *pickle, size_t pickle_size,
                     const void *data, size_t size);

#endif
