/*
 * SPDX-License-Identifier: MIT
 *
 * A picture of the whole codebook. Tested in tests/eval/test_gallery.c.
 */
#ifndef VQ_EVAL_ATLAS_H
#define VQ_EVAL_ATLAS_H

#include "base/status.h"
#include "codec/codec.h"

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
