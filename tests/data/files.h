/*
 * SPDX-License-Identifier: MIT
 *
 * Small CIFAR-style files for the tests of this folder.
 */
#ifndef VQ_TESTS_DATA_FILES_H
#define VQ_TESTS_DATA_FILES_H

#include "data/dataset.h"
#include "support.h"

/* Write n records of `labels` zero bytes and the pixels below to folder/name. */
void files_write(const char *folder, const char *name, int labels, int n);

/* Byte `i` of image number `image` of every file. */
unsigned char files_pixel(int image, int i);

/* Open a split of data, given by its name. */
vq_status files_open(dataset *ds, const char *data, const char *data_dir,
                     const char *split, vq_error *err);

/* Write the bytes of a file. */
void files_put(const char *folder, const char *name, const void *bytes, size_t size);

/*
 * Write a picture of width x height to folder/name, which ends in .png or .jpg; folders
 * of the name are made. A PNG holds the bytes of files_byte.
 */
void files_picture(const char *folder, const char *name, int width, int height,
                   int salt);

/* Byte `ch` of pixel (x, y) of picture number `salt`: no two crops look alike. */
unsigned char files_byte(int salt, int x, int y, int ch);

/* Write a .npy file of n bytes of data of that type, order ("False" is C) and shape. */
const char *files_npy(const char *folder, const char *name, const char *dtype,
                      const char *order, const char *shape, const unsigned char *data,
                      size_t n);

/* Overwrite one byte of folder/name. */
void files_poke(const char *folder, const char *name, long offset, int byte);

/* Make folder/name `size` bytes long. */
void files_resize(const char *folder, const char *name, long size);

void files_make_folder(const char *folder, const char *name);

/* folder/name; borrowed until the next call but seven. */
const char *files_path(const char *folder, const char *name);

#endif
