/*
 * SPDX-License-Identifier: MIT
 *
 * One window's part of a refinement: the core's codes move, those around it stay.
 * refine.h has the rule. Tested in tests/codec/test_refine.c.
 */
#ifndef VQ_CODEC_DESCENT_H
#define VQ_CODEC_DESCENT_H

#include "codec/watch.h"
#include "codec/workers.h"

/* Pictures and their codes, and how they are cut. */
typedef struct refinement {
    codec_workers *workers;
    codec_watch *watch; /* NULL: none */
    int passes;
    windows all;
    const unsigned char *rgb; /* [n,height,width,3] */
    int height, width;
    int32_t *index; /* [n,h,w,depth] */
} refinement;

typedef struct descent {
    const refinement *r;
    codec_worker *w;
    window v;
    books b;
    const float *codebook;
    float *z;       /* [n,core,width] what the quantizer is given */
    float *q;       /* [n,window,width] the codebook rows that are decoded */
    int32_t *code;  /* [n,core,depth] the codes of q's core */
    float *eta;     /* [n] of the first pass */
    uint64_t *best; /* [n] the least error so far, of 8-bit pixels */
    float *left;    /* [n,core,width] z again, for several levels; else NULL */
    float *scratch; /* of books_quantize */
} descent;

/*
 * Run the encoder for z and take the codes from r's index; then descent_run writes what
 * it finds back there, into the core alone. All memory is w's. VQ_ENOMEM, VQ_ESTOPPED.
 */
vq_status descent_init(descent *d, const refinement *r, codec_worker *w,
                       const window *v, vq_error *err);
vq_status descent_run(descent *d, vq_error *err);

#endif
