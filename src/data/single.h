/*
 * SPDX-License-Identifier: MIT
 *
 * One picture as a data set, which training then cuts into crops; the whole of any
 * split. Tested in tests/data/test_list.c.
 */
#ifndef VQ_DATA_SINGLE_H
#define VQ_DATA_SINGLE_H

#include "data/source.h"

/* A file that begins as a PNG or JPEG. As pictures_open. */
extern const source_kind single_picture;

#endif
