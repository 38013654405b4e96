/* SPDX-License-Identifier: MIT */
#include "codec/token_chunk.h"

#include <stdlib.h>

#include "base/parallel.h"
#include "io/codes.h"

#define CHUNK 512                      /* pictures of a chunk at most, */
#define CHUNK_PIXELS (CHUNK * 32 * 32) /* and pixels, unless one has more */

void token_chunk_set(tokenizer *t, int64_t first)
{
    int height, width;
    dataset_size(&t->ds, first, &t->height, &t->width);
    const int64_t pixels = (int64_t)t->height * t->width;
    t->first = first;
    for (t->n = 1; t->n < CHUNK && first + t->n < t->ds.n; t->n++) {
        dataset_size(&t->ds, first + t->n, &height, &width);
        if (height != t->height || width != t->width ||
            (t->n + 1) * pixels > CHUNK_PIXELS)
            break;
    }
}

vq_codes token_chunk_shape(const tokenizer *t)
{
    return (vq_codes){.n = t->n,
                      .h = network_codes(&t->m->net, t->height),
                      .w = network_codes(&t->m->net, t->width),
                      .k = t->m->net.config.codes,
                      .width = t->width,
                      .height = t->height,
                      .depth = t->depth,
                      .fingerprint = vq_model_fingerprint(t->m)};
}

static vq_status reserve(void **to, size_t *room, size_t bytes, vq_error *err)
{
    if (bytes <= *room)
        return VQ_OK;
    free(*to);
    *room = 0;
    *to = malloc(bytes);
    if (!*to)
        return vq_fail_memory(err, bytes);
    *room = bytes;
    return VQ_OK;
}

/* A parallel_body. */
static vq_status read_one(void *user, int i, int worker, vq_error *err)
{
    tokenizer *t = user;
    (void)worker;
    return dataset_read(&t->ds, t->first + i,
                        t->rgb + (size_t)3 * i * t->height * t->width, err);
}

vq_status token_chunk_encode(tokenizer *t, int32_t *index, vq_error *err)
{
    vq_status status;
    const size_t bytes = (size_t)3 * t->n * t->height * t->width;
    void *rgb = t->rgb;
    status = reserve(&rgb, &t->room_rgb, bytes, err);
    t->rgb = rgb;
    if (status != VQ_OK)
        return status;
    TRY(parallel_for(parallel_threads(t->m->threads), t->n, read_one, t, err));
    TRY(codec_encode(t->c, t->rgb, t->n, t->height, t->width, index, err));
out:
    return status;
}

vq_status token_chunk_encode_here(tokenizer *t, vq_error *err)
{
    vq_codes shape = token_chunk_shape(t);
    void *index = t->index;
    vq_status status =
        reserve(&index, &t->room_index, codes_count(&shape) * sizeof(int32_t), err);
    t->index = index;
    return status == VQ_OK ? token_chunk_encode(t, t->index, err) : status;
}
