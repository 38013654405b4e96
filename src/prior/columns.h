/*
 * SPDX-License-Identifier: MIT
 *
 * The prior one position at a time, for drawing codes and for coding them: what earlier
 * positions left behind is kept, so each is computed once. A row's vertical stacks need
 * only rows above and are computed together when the row begins; the horizontal stacks
 * follow column by column.
 *
 *   columns_begin
 *   for each row       columns_row
 *     for each column    columns_position
 *       for each book      columns_logits, then columns_put
 *
 * All arithmetic is exact in the sense of tensor/exact.h: the logits of a picture are
 * the same bits at every instruction set, on every machine, whatever pictures are
 * computed beside it. Tested in tests/prior/test_columns.c.
 */
#ifndef VQ_PRIOR_COLUMNS_H
#define VQ_PRIOR_COLUMNS_H

#include "prior/pixelcnn.h"
#include "tensor/simd.h"

/* Packed weights, shared by all workers. */
typedef struct columns_net {
    const pixelcnn *net; /* borrowed, and not to change */
    const simd *simd;
    struct {
        float *vertical, *to_horizontal, *horizontal, *out;
    } layer[PRIOR_DEPTH_MAX];
    struct {
        float *hidden, *out;
    } head[PRIOR_BOOKS_MAX];
    arena memory;
} columns_net;

/* VQ_ENOMEM. Releasing a zeroed one is legal, here and below. */
vq_status columns_net_init(columns_net *cn, const pixelcnn *net, vq_error *err);
void columns_net_release(columns_net *cn);

/* One worker's pictures. d is the width, R the rows that a vertical kernel can see. */
typedef struct columns {
    const columns_net *cn;
    int most, n, h, w;
    int row, column;
    int rows;                    /* R */
    float *v[PRIOR_DEPTH_MAX];   /* [R,n,w,d] into the vertical of layer l: row % R */
    float *x[PRIOR_DEPTH_MAX];   /* [n,reach + w,d] into the horizontal, this row */
    float *add[PRIOR_DEPTH_MAX]; /* [n,w,2d] from the vertical stack, this row */
    float *top;                  /* [n,d] out of the last layer */
    float *earlier;              /* [n,hidden] rows of the position's earlier codes */
    float *hidden, *logits;      /* [n,hidden], [n,K] */
    float *taps, *wide, *factors, *narrow; /* scratch */
    const float **classes; /* [n, depth] rows of the class tables, NULL: none */
    bool overflowed;       /* a logit was no number */
    arena memory;
} columns;

/* Room for `most` pictures of h x w positions. VQ_ENOMEM. */
vq_status columns_init(columns *c, const columns_net *cn, int most, int h, int w,
                       vq_error *err);
void columns_release(columns *c);

/* Start n pictures of these classes; label may be NULL in an unconditional prior. */
void columns_begin(columns *c, int n, const int *label);
void columns_row(columns *c, int row);
void columns_position(columns *c, int column);
/* [n,K] logits of the book, whose earlier ones have been put; valid until the next. */
const float *columns_logits(columns *c, int book);
/* code[i * step] is picture i's at this position. */
void columns_put(columns *c, int book, const int32_t *code, size_t step);

/* VQ_EINPUT if a logit since columns_begin was an infinity or NaN. */
vq_status columns_check(const columns *c, vq_error *err);

#endif
