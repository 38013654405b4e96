/*
 * SPDX-License-Identifier: MIT
 *
 * Pictures to judge a model by: the images that it reconstructs worst or best. Tested
 * in tests/eval/test_gallery.c.
 */
#ifndef VQ_EVAL_GALLERY_H
#define VQ_EVAL_GALLERY_H

#include "base/status.h"
#include "codec/codec.h"
#include "data/dataset.h"

#define GALLERY_IMAGES 16

/*
 * The images with the largest errors, or with the smallest: the most extreme one first,
 * of equal ones the first. Returns how many: n, at most GALLERY_IMAGES.
 */
int gallery_pick(const double *error, int64_t n, bool largest,
                 int64_t image[GALLERY_IMAGES]);

/*
 * Write n images of ds, eight in a row, above their reconstructions. Of pictures the
 * centre is shown, but the whole is reconstructed. VQ_EIO, VQ_EINPUT, VQ_ENOMEM.
 */
vq_status gallery_write(const dataset *ds, codec *c, const int64_t *image, int n,
                        const char *png_path, vq_error *err);

#endif
