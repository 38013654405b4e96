/*
 * SPDX-License-Identifier: MIT
 *
 * Codes chosen by what they decode to. The nearest code is not the best one: with the
 * decoder as it is, other codes come closer to the picture. They are found by
 * descending on what the quantizer is given, straight through it. From the encoder's z,
 * pass after pass t of T,
 *
 *   q = the codes nearest to z          s = sum of squared errors of decoder(q)
 *   z <- z - eta (1 - t / (T + 1)) ds/dq - pull (z - q)
 *
 * and of all passes, the first being the plain encoder's, that one is kept whose
 * decoded picture has the least error as 8-bit pixels, of equal ones the first.
 *
 * eta makes the first step .35 of the root mean square of z - q long: this is measured
 * on the picture itself, so that one constant serves all models, whatever the scale of
 * their codes and the pixels of a code.
 *
 * Small images descend one by one, in shards. A large one does so tile by tile, while
 * the codes around a tile stay as they are: every pixel that a tile's codes reach is
 * compared. Tiles of one of 2 x 2 colours touch nothing of each other and run in
 * parallel, the colours in turn, so that the codes are the same at any number of
 * threads.
 *
 * Source: after Yang, Bamler, Mandt 2020, arXiv:2006.04240, who close the same gap of
 * learned codecs by descending on an image's latents.
 * Tested in tests/codec/test_refine.c, against PyTorch in scripts/parity_refine.py.
 */
#ifndef VQ_CODEC_REFINE_H
#define VQ_CODEC_REFINE_H

#include "codec/descent.h"

/*
 * Refine r->index, the codes of those pictures that the encoder gave, by r->passes;
 * r->all is as for encoding. VQ_ENOMEM; VQ_ESTOPPED, with codes that are no worse.
 */
vq_status refine(refinement *r, vq_error *err);

#endif
