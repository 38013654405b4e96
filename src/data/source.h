/*
 * SPDX-License-Identifier: MIT
 *
 * Source: which files, or built-in images, the words of the user stand for. Tested in
 * tests/data/test_source.c.
 */
#ifndef VQ_DATA_SOURCE_H
#define VQ_DATA_SOURCE_H

#include "data/dataset.h"

/* Is it the name of a data set, cifar10, cifar100 or shapes, and no path? */
bool source_is_name(const char *data);

/*
 * Append to ds the files of a split of data, as dataset_open describes them. Files of a
 * folder are taken in the order of their names; hidden ones are left out. On failure
 * the files opened so far stay in ds, to be closed with it. VQ_EUSAGE: no such split,
 * or a path too long; VQ_EIO and VQ_EINPUT as dataset_open.
 */
vq_status source_append(dataset *ds, const char *data, const char *data_dir,
                        const char *split, vq_error *err);

#endif
