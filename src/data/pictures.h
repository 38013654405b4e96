/*
 * SPDX-License-Identifier: MIT
 *
 * Pictures: a folder of PNG files of any sizes as a data set, decoded once and kept in
 * memory. Tested in tests/data/test_pictures.c.
 *
 * Which files are a split: where the folder has PNG files in a subfolder train or test,
 * those of that subfolder. Else the folder's own files: with "test" in any name, the
 * test split is the files with it and the train split the others; without it, in the
 * order of names, every tenth file is test. "all" is both splits.
 */
#ifndef VQ_DATA_PICTURES_H
#define VQ_DATA_PICTURES_H

#include "data/dataset.h"

/* Cap on the decoded pixels of a split, in bytes. */
#define PICTURES_BYTES_MAX ((int64_t)8 << 30)

/*
 * Append the pictures of a split ("train", "test" or "all") of a folder to ds, in the
 * order of their names; none and VQ_OK where the folder holds no PNG file at all. On
 * failure what was read stays in ds, to be closed with it. VQ_EIO: a folder or file
 * cannot be read, or no file belongs to the split; VQ_EINPUT: a file is no good PNG, or
 * the pixels are more than max_bytes; VQ_EUSAGE: a path too long; VQ_ENOMEM.
 */
vq_status pictures_append(dataset *ds, const char *folder, const char *split,
                          int64_t max_bytes, vq_error *err);

/* For dataset_close. */
void pictures_release(dataset *ds);

/*
 * Copy the side x side pixels whose upper left corner is (y, x), RGB bytes
 * [side,side,3]. They must lie inside the picture.
 */
void pictures_cut(const vq_image *image, int y, int x, int side, unsigned char *rgb);

#endif
