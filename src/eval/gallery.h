/*
 * SPDX-License-Identifier: MIT
 *
 * Pictures to judge a model by: the images that it reconstructs worst or best, and the
 * atlas of its codebook. Tested in tests/eval/test_gallery.c.
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

/*
 * Write what every code decodes to: the middle of an area of that code alone, wider
 * than the decoder sees. count [depth,K] is how often each was used: the codes of a
 * book come by it, most used first, of equal ones the first; then after a blank row
 * those that were not used. A book comes below the other, separated by two rows, and
 * the other books of a position have their most used code. VQ_EIO, VQ_EINPUT,
 * VQ_ENOMEM.
 */
vq_status atlas_write(codec *c, const double *count, const char *png_path,
                      vq_error *err);

#endif
