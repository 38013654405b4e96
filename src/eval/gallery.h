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
#include "image/label.h"

#define GALLERY_IMAGES 16

/*
 * The images with the largest errors, or with the smallest: the most extreme one first,
 * of equal ones the first. Returns how many: n, at most GALLERY_IMAGES.
 */
int gallery_pick(const double *error, int64_t n, bool largest,
                 int64_t image[GALLERY_IMAGES]);

/* What to show. */
typedef struct gallery {
    int64_t image[GALLERY_IMAGES];
    int n;
    const double *error; /* [images of the data] mean squared, of 8-bit samples */
    const char *heading;
} gallery;

enum { GALLERY_GAP = 3 }; /* pixels between cells, and between two pictures */

/* An image, its reconstruction, its name and its PSNR, below each other. */
#define GALLERY_CELL_HEIGHT(side) (2 * (side) + 2 * GALLERY_GAP + 2 * LABEL_HEIGHT)

/*
 * Write the images of ds, eight cells in a row. Of pictures the centre is shown, but
 * the whole is reconstructed. VQ_EIO, VQ_EINPUT, VQ_ENOMEM.
 */
vq_status gallery_write(const dataset *ds, codec *c, const gallery *g,
                        const char *png_path, vq_error *err);

#endif
