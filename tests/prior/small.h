/*
 * SPDX-License-Identifier: MIT
 *
 * A small prior with random values and codes, for tests.
 */
#ifndef VQ_TESTS_PRIOR_SMALL_H
#define VQ_TESTS_PRIOR_SMALL_H

#include "prior/pixelcnn.h"

/* 11 codes, width 6, 3 layers of kernels 7 and 3. */
prior_shape small_shape(int n_books, int classes);

/* A network with values far from zero, so that whatever reaches a logit shows. */
void small_net(pixelcnn *net, prior_shape shape, uint64_t seed);

/* Finite values, all so large that no logit is finite. */
void small_overflow(pixelcnn *net);

typedef struct small {
    pixelcnn net;
    graph g;
    pixelcnn_nodes nodes;
    run r;
    int n, h, w;
    float *x;             /* [n,h,w,channels]; owned */
    float *packed, *grad; /* owned */
} small;

void small_open(small *s, prior_shape shape, int n, int h, int w);
void small_close(small *s);
/* A channel of the input: a book's code, or the class behind them. */
float *small_code(small *s, int image, int pixel, int channel);
/* Clear the losses, pack, forward. */
void small_forward(small *s);
double small_loss(small *s);

#endif
