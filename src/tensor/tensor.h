/*
 * SPDX-License-Identifier: MIT
 *
 * Tensor: a view of dense floats in NHWC order, so that a pixel's channels are one run.
 * One letter per idea everywhere: n batch, h and w rows and columns, c channels, k
 * codes, d code dimension.
 */
#ifndef VQ_TENSOR_TENSOR_H
#define VQ_TENSOR_TENSOR_H

#include <stddef.h>

typedef struct tensor {
    float *v; /* [n,h,w,c]; borrowed */
    int n, h, w, c;
} tensor;

static inline size_t tensor_count(tensor t)
{
    return (size_t)t.n * (size_t)t.h * (size_t)t.w * (size_t)t.c;
}

#endif
