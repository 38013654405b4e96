/*
 * SPDX-License-Identifier: MIT
 *
 * The pictures that a folder or a list names, with their classes. Tested in
 * tests/data/test_list.c and test_folder.c.
 */
#ifndef VQ_DATA_PICTURE_SET_H
#define VQ_DATA_PICTURE_SET_H

#include <stddef.h>

#include "data/picture.h"

typedef struct picture_set {
    char *root;       /* owned: where relative paths start; "": nowhere */
    picture *picture; /* [n] owned: path and label are set */
    int64_t n;
    int64_t left_out;  /* that were in it and cannot be used */
    char **class_name; /* [n_classes] owned */
    int n_classes;
} picture_set;

void picture_set_release(picture_set *set);

/* Append a picture; takes over path, also on failure. *room is what was allocated. */
vq_status picture_set_add(picture_set *set, size_t *room, char *path, int32_t label,
                          vq_error *err);

#endif
