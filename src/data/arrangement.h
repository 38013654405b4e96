/*
 * SPDX-License-Identifier: MIT
 *
 * Arrangement: what the paths of pictures in a folder say about their splits and
 * classes. Tested in tests/data/test_arrangement.c.
 *
 * Splits. The first folder of a path that is called train, val, valid, test or so says
 * it (data/split.h); pictures outside of such folders are trained on where there is no
 * folder train, and are left out where there is one. Where no path has such a folder,
 * file names with the word "test" are the test split and the others are trained on;
 * and where there is no such name, in the order of paths every tenth is test. Without a
 * test folder, val is the test split.
 *
 * Classes. They are the folders below the split's (train/cats), or above it where there
 * is none below (cats/train), or the topmost ones (cats); numbered from 0 by name over
 * all splits together. There are none where there would be only one, or where a picture
 * lies outside of all.
 */
#ifndef VQ_DATA_ARRANGEMENT_H
#define VQ_DATA_ARRANGEMENT_H

#include <stdint.h>

#include "data/split.h"

typedef struct arrangement {
    data_split *split; /* [n] owned; SPLIT_NONE: left out */
    int32_t *label;    /* [n] owned; -1: none */
    char **class_name; /* [n_classes] owned */
    int n_classes;
    int64_t n, left_out, unlabelled; /* unlabelled: outside of the class folders */
    bool has[SPLIT_ALL];             /* is any picture in that split? */
} arrangement;

/* Arrange n paths in the order of strcmp. VQ_ENOMEM. Release it in any case. */
vq_status arrangement_make(arrangement *a, char *const *path, int64_t n, vq_error *err);
void arrangement_release(arrangement *a);

/* Is picture i in the split, with val for test where there is no test? */
bool arrangement_takes(const arrangement *a, data_split split, int64_t i);

#endif
