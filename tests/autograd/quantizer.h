/*
 * SPDX-License-Identifier: MIT
 *
 * A codebook, or several, on the rows of two images: the net that the tests of
 * op_quantize and of books run, and the comparison with PyTorch's figures.
 */
#ifndef VQ_TESTS_AUTOGRAD_QUANTIZER_H
#define VQ_TESTS_AUTOGRAD_QUANTIZER_H

#include "net.h"

#define QUANTIZER_ROWS 18 /* 2 images of 3 x 3 */

/* Codes [k,d] where heads is 0: a plain codebook; else [levels heads,k,d/heads]. */
typedef struct quantizer_shape {
    int levels, heads, k, d;
} quantizer_shape;

typedef struct quantizer {
    quantizer_shape shape;
    net t;
    bool ema;
    int codes, sum, count; /* parameters */
    size_t n_values, n_counts;
    node *z, *y;
} quantizer;

/* Rows and codes are those of the golden case; ema: the codes are averages. */
void quantizer_start(quantizer *q, quantizer_shape shape, bool ema, float codebook,
                     float commitment, graph_mode mode);

/* What make_golden.py has for weights of 0.75 and 0.25, and how near we must come. */
typedef struct quantizer_golden {
    const float *y, *loss, *dz, *de, *count, *sum;
    const int32_t *codes; /* one a row and book */
    double y_tol, de_tol, de_rel;
} quantizer_golden;

/* Forward and backward of a started one, with golden_fill's gradient of seed 4. */
void quantizer_check(quantizer *q, const quantizer_golden *want);

/* Without a commitment loss z gets y's gradient, exactly. */
void quantizer_check_straight_through(quantizer_shape shape);

#endif
