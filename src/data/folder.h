/*
 * SPDX-License-Identifier: MIT
 *
 * A folder of pictures: every PNG and JPEG in it and in its subfolders, which tell
 * splits and classes as data/arrangement.h says. Tested in tests/data/test_folder.c.
 */
#ifndef VQ_DATA_FOLDER_H
#define VQ_DATA_FOLDER_H

#include "data/source.h"

/*
 * VQ_EIO: no picture belongs to the split; else as pictures_open. Entries with the name
 * of a picture that are no files are noted.
 */
extern const source_kind picture_folder;

#endif
