/*
 * SPDX-License-Identifier: MIT
 *
 * Codec: pixels to codes and codes to pixels with a network's weights, for images of
 * any size. Many small images run in shards; a large one runs in tiles whose windows
 * overlap by more than the receptive field, so memory does not grow with the area and
 * the result is the untiled one; with `passes` it is never worse. Tested in
 * tests/codec/test_codec.c.
 */
#ifndef VQ_CODEC_CODEC_H
#define VQ_CODEC_CODEC_H

#include "base/status.h"
#include "codec/watch.h"
#include "codec/workers.h"

typedef struct codec {
    const network *net; /* borrowed */
    int scale;          /* pixels per code and side */
    int tile;           /* codes per side that a tile produces; a multiple of 4 */
    int passes; /* that codec_encode refines codes by, refine.h; 0, as made: none */
    codec_watch *watch; /* told of every piece of work; borrowed; NULL, as made: none */
    codec_workers workers; /* owned */
} codec;

#define CODEC_TILE 384 /* pixels per side of a tile, unless told otherwise */

/*
 * tile is in codes, a multiple of 4; 0: CODEC_TILE pixels. A window then needs the same
 * memory at any downsampling but for its halo.
 */
vq_status codec_init(codec *c, const network *net, int threads, int tile,
                     vq_error *err);

/* VQ_EINPUT where the encoder makes infinities of a picture, or the codebook of
 * distances: finite weights of a file may do that. */
vq_status codec_check(codec *c, vq_error *err);
void codec_release(codec *c); /* legal on a zeroed codec */

/* Take over changed weights of the network. */
void codec_repack(codec *c);

/*
 * Encode n images, RGB bytes [n,height,width,3]; sides that are not multiples of the
 * scale are padded by their edge pixels. index: [n, codes of height, codes of width,
 * depth]. VQ_ENOMEM, VQ_ESTOPPED.
 */
vq_status codec_encode(codec *c, const unsigned char *rgb, int n, int height, int width,
                       int32_t *index, vq_error *err);

/* What to decode: the rows [row0, row1) of codes of n images. */
typedef struct codec_codes_view {
    const int32_t *index; /* [n,h,w,depth], values in [0,K) */
    int n, h, w, row0, row1;
} codec_codes_view;

/*
 * Decode to RGB bytes [n, scale (row1 - row0), scale w, 3] and, unless it is NULL, to
 * unit floats of the same shape, neither clamped nor rounded. VQ_ENOMEM, VQ_ESTOPPED.
 */
vq_status codec_decode(codec *c, codec_codes_view v, unsigned char *rgb, float *unit,
                       vq_error *err);

#endif
