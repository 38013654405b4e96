/*
 * SPDX-License-Identifier: MIT
 *
 * The encoding of a data set, chunk by chunk: so many pictures of one size, read by all
 * workers and encoded by all workers. Tested in tests/codec/test_token_set.c.
 */
#ifndef VQ_CODEC_TOKEN_CHUNK_H
#define VQ_CODEC_TOKEN_CHUNK_H

#include "codec/model.h"
#include "codec/token_progress.h"
#include "data/dataset.h"

typedef struct tokenizer {
    const vq_token_set *set;
    vq_model *m;
    codec *c;
    dataset ds;
    int depth;
    token_progress progress;

    int64_t first; /* picture of the chunk */
    int n, height, width;
    unsigned char *rgb; /* [n,height,width,3] */
    int32_t *index;     /* [n,h,w,depth] */
    size_t room_rgb, room_index;
} tokenizer;

/* The chunk from a picture on: t->first, n, height and width. */
void token_chunk_set(tokenizer *t, int64_t first);

/* Its codes as they will be, without an index. */
vq_codes token_chunk_shape(const tokenizer *t);

/* Encode it to index [n,h,w,depth]; the second, to t->index. VQ_EIO, VQ_EINPUT: of a
 * picture; VQ_ENOMEM, VQ_ESTOPPED. */
vq_status token_chunk_encode(tokenizer *t, int32_t *index, vq_error *err);
vq_status token_chunk_encode_here(tokenizer *t, vq_error *err);

#endif
