/*
 * SPDX-License-Identifier: MIT
 *
 * Shapes: data that needs no download. Small scenes of one to four figures over a
 * textured ground, in colours that go together. An image is a pure function of its
 * split and number, and the same bytes on every machine: only arithmetic and square
 * roots are used, and the Makefile forbids fused multiply-adds (-ffp-contract=off).
 * Tested in tests/data/test_shapes.c.
 */
#ifndef VQ_DATA_SHAPES_H
#define VQ_DATA_SHAPES_H

#include "data/dataset.h"

#define SHAPES_TRAIN 20000 /* images of each split */
#define SHAPES_TEST 2000

/* Image i of a split to pixels, planar RGB bytes [3,32,32]. */
void shapes_image(bool test, int64_t i, unsigned char *pixels);

/*
 * Make all images of a split in ds->memory, which must be empty: 61 MB of 20,000
 * images, 40 us each. VQ_ENOMEM.
 */
vq_status shapes_append(dataset *ds, bool test, vq_error *err);

#endif
