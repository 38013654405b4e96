/*
 * SPDX-License-Identifier: MIT
 *
 * A few pictures that differ, out of many. Tested in tests/train/test_held_out.c.
 */
#ifndef VQ_TRAIN_VARIETY_H
#define VQ_TRAIN_VARIETY_H

#include "base/status.h"

/*
 * Choose up to `most` of n pictures rgb [n,side,side,3]: first the one of most
 * contrast, then always the one whose nearest chosen one is farthest, by thumbnails of
 * 4 x 4. The plain ones, of under a tenth of the mean contrast, come last. Ties go to
 * the first. Returns how many; chosen [most]. VQ_ENOMEM.
 */
vq_status variety_choose(const unsigned char *rgb, int n, int side, int most,
                         int *chosen, int *n_chosen, vq_error *err);

#endif
