/*
 * SPDX-License-Identifier: MIT
 *
 * Pictures that are named one by one: a single one as a data set, which training then
 * cuts into crops, or several. They are the whole of any split. Tested in
 * tests/data/test_list.c.
 */
#ifndef VQ_DATA_SINGLE_H
#define VQ_DATA_SINGLE_H

#include "data/source.h"

/* A file that begins as a PNG or JPEG. As pictures_open. */
extern const source_kind single_picture;

/* The files of r->pictures, without labels. As pictures_open. */
vq_status named_pictures_open(source *s, const source_request *r, vq_error *err);

#endif
