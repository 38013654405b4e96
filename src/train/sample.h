/*
 * SPDX-License-Identifier: MIT
 *
 * Sample pictures of a training: crops that differ above their reconstructions, eight
 * in a row. Tested in tests/train/test_held_out.c.
 */
#ifndef VQ_TRAIN_SAMPLE_H
#define VQ_TRAIN_SAMPLE_H

#include "train/held_out.h"

/* Reconstruct the shown crops with the network as it is now; 32x32 ones three times
 * their size. VQ_EIO, VQ_ENOMEM. */
vq_status sample_write(held_out *h, const char *png_path, vq_error *err);

#endif
