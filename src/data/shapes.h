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

#include "data/source.h"
#include "data/texture.h"

#define SHAPES_TRAIN 20000 /* images of each split */
#define SHAPES_TEST 2000
#define SHAPES_SIDE FIELD_SIDE
#define SHAPES_PIXELS (3 * FIELD_AREA) /* bytes of one image */

/* Image i of a split to rgb [32,32,3]. */
void shapes_image(bool test, int64_t i, unsigned char *rgb);

/*
 * Where the data is "shapes", make all images of the split: 61 MB of 20,000, 40 us
 * each. VQ_ENOMEM.
 */
extern const source_kind shapes_data;

#endif
