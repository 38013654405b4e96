/*
 * SPDX-License-Identifier: MIT
 *
 * A picture of the whole codebook. Tested in tests/eval/test_gallery.c.
 */
#ifndef VQ_EVAL_ATLAS_H
#define VQ_EVAL_ATLAS_H

#include "base/status.h"
#include "codec/codec.h"
#include "image/label.h"

/* Pixels: of a code's picture; of its cell, with its number and use below; of the line
 * of words above cells. */
enum {
    ATLAS_PATCH = 32,
    ATLAS_FRAME = 1, /* around it */
    ATLAS_CELL_WIDTH = ATLAS_PATCH + 2 * ATLAS_FRAME + 2,
    ATLAS_CELL_HEIGHT = ATLAS_PATCH + 2 * ATLAS_FRAME + 2 * LABEL_HEIGHT + 4,
    ATLAS_HEADING = LABEL_HEIGHT + 8,
    ATLAS_COLUMNS_MIN = 16
};

/*
 * Write what every code decodes to: the middle of an area of that code alone, wider
 * than the decoder sees. count [depth,K] is how often each was used: the codes of a
 * book come by it, most used first, of equal ones the first; then under a heading of
 * their own those that were not used. A book comes below the other, and the other books
 * of a position have their most used code. VQ_EIO, VQ_EINPUT, VQ_ENOMEM.
 */
vq_status atlas_write(codec *c, const double *count, const char *png_path,
                      vq_error *err);

#endif
