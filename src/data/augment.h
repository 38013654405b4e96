/*
 * SPDX-License-Identifier: MIT
 *
 * Random changes of training images. Which image of which step is changed is a pure
 * function of the seed, so that threads and resuming make no difference.
 * Tested in tests/data/test_augment.c.
 */
#ifndef VQ_DATA_AUGMENT_H
#define VQ_DATA_AUGMENT_H

#include <stdbool.h>
#include <stdint.h>

/* Is image i of the batch of this step flipped? One in two is. */
bool augment_flips(uint64_t seed, int64_t step, int i);

/* Mirror an image, left to right. rgb: [height,width,3] */
void augment_flip(unsigned char *rgb, int height, int width);

/*
 * How far image i of the batch of this step moves, [down, right]: both of them in
 * -most..most, each distance as often.
 */
void augment_shifts(uint64_t seed, int64_t step, int i, int most, int by[2]);

/*
 * Move an image; what it leaves behind is filled with its reflection at the edge, which
 * is not repeated. rgb: [height,width,3]; by: [down,right], each under half of the side
 */
void augment_shift(unsigned char *rgb, int height, int width, const int by[2]);

#endif
