/*
 * SPDX-License-Identifier: MIT
 *
 * Rows that the encoder gives for images of a batch: what the quantizer would see.
 * They seed codes, at the start by k-means and later where codes have died. Tested in
 * tests/train/test_codebook.c.
 */
#ifndef VQ_TRAIN_ENCODER_ROWS_H
#define VQ_TRAIN_ENCODER_ROWS_H

#include "network/network.h"
#include "train/stepper.h"

typedef struct encoder_rows {
    graph g;
    network_nodes nodes;
    int threads;
    run *runs;      /* [threads] */
    float *packed;  /* of g */
    size_t n, room; /* rows there are, and can be */
    float *v;       /* [room, D] */
    float *parts;   /* [room, D / heads]: one book's parts of the rows */
    int32_t *code;  /* [room, depth] */
    float *scratch; /* of books_nearest */
    size_t *ends;   /* [ranks + 1]: bytes of v where each rank's rows begin */
    int32_t *pick;  /* [room] */
    arena memory;   /* owns all of it */
} encoder_rows;

/*
 * For images of h x w pixels: room for the rows of `images` of them, or of fewer that
 * give rows_max. VQ_ENOMEM.
 */
vq_status encoder_rows_init(encoder_rows *e, const network *net, int h, int w,
                            int images, size_t rows_max, vq_error *err);
void encoder_rows_release(encoder_rows *e); /* legal on a zeroed one */

/*
 * Append the rows of the first images of a batch, as many as there is room for, with
 * the network's weights as they are now; every rank encodes its share of them for all.
 * Allocates nothing. Fails only when load does, of any rank, or a rank dies.
 */
vq_status encoder_rows_add(encoder_rows *e, int batch, shard_loader load, void *user,
                           vq_error *err);

/* Rows of one image. */
size_t encoder_rows_per_image(const encoder_rows *e);

/* Copy one book's part of every row to `parts`. */
void encoder_rows_part(encoder_rows *e, const books *b, int book);

#endif
