/*
 * SPDX-License-Identifier: MIT
 *
 * Pictures: a folder of PNG files of any sizes as a source, decoded once and kept in
 * memory. Tested in tests/data/test_pictures.c.
 *
 * Which files are a split: where the folder has PNG files in a subfolder train or test,
 * those of that subfolder. Else the folder's own files: with the word "test" in any
 * name, the test split is the files with it and the train split the others; without it,
 * in the order of names, every tenth file is test.
 */
#ifndef VQ_DATA_PICTURES_H
#define VQ_DATA_PICTURES_H

#include "data/source.h"

/*
 * Open a folder that holds PNG files. VQ_EIO: a folder or file cannot be read, or no
 * file belongs to the split; VQ_EINPUT: a file is no good PNG; VQ_EUSAGE: a path too
 * long; VQ_ENOMEM.
 */
extern const source_kind pictures_folder;

#endif
