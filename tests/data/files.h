/*
 * SPDX-License-Identifier: MIT
 *
 * Small CIFAR-style files for the tests of this folder.
 */
#ifndef VQ_TESTS_DATA_FILES_H
#define VQ_TESTS_DATA_FILES_H

#include "support.h"

/* Write n records of `labels` zero bytes and the pixels below to folder/name. */
void files_write(const char *folder, const char *name, int labels, int n);

/* Byte `i` of image number `image` of every file. */
unsigned char files_pixel(int image, int i);

/* Overwrite one byte of folder/name. */
void files_poke(const char *folder, const char *name, long offset, int byte);

/* Make folder/name `size` bytes long. */
void files_resize(const char *folder, const char *name, long size);

void files_make_folder(const char *folder, const char *name);

/* folder/name; borrowed until the next call but seven. */
const char *files_path(const char *folder, const char *name);

#endif
