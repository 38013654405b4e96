/*
 * SPDX-License-Identifier: MIT
 *
 * The hand-written kernels, as one table for each instruction set they are compiled
 * for: simd_*.c. Which of them this machine runs is decided in tensor/simd.h.
 */
#ifndef VQ_TENSOR_KERNELS_H
#define VQ_TENSOR_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensor/conv.h"

/* c[m,n] = a[m,k] . w[k,n] + bias (+ c), w packed by exact_pack. */
typedef struct exact_product {
    int m, n, k;
    const float *a, *w;
    const float *bias; /* [n] or NULL */
    float *c;
    ptrdiff_t a_row, c_row; /* floats between rows */
    bool accumulate;        /* add to c, last */
} exact_product;

/* c[m,n] = a[m,k] . b[k,n]: a's element (i,j) lies at a[i * a_row + j * a_col]. */
typedef struct plain_product {
    int m, n, k;
    const float *a, *b;
    float *c;
    ptrdiff_t a_row, a_col, b_row, c_row;
} plain_product;

typedef struct simd {
    const char *name;
    const char *like; /* the set whose results have the same bits; its own name */
    const conv_kernel *conv[3];   /* the most specialised first, NULL last */
    const conv_kernel *conv16[3]; /* those that multiply in bfloat16, likewise */
    bool has_bf16; /* it has instructions for them; else they are slower than floats */
    size_t (*nearest_scratch)(int k, int d);
    void (*nearest)(const float *z, int rows, const float *codes, int k, int d,
                    int32_t *index, float *scratch); /* as nearest_code */

    /* Over n values, in place or not: y = max(x, 0), where NaN stays NaN; its gradient
     * dx = dy (add: dx += dy) except where y <= 0; y = a + b. */
    void (*relu)(const float *x, size_t n, float *y);
    void (*relu_grad)(const float *y, const float *dy, size_t n, bool add, float *dx);
    void (*add)(const float *a, const float *b, size_t n, float *y);

    /* sum[c] += sum over rows of x[rows,c]: in float over 64 rows, those sums in
     * double, so that the error does not grow with the size of the image. */
    void (*add_columns)(const float *x, size_t rows, size_t c, float *sum);

    /*
     * y[rows,c] = tanh(x[rows,0..c) + bias) * sigmoid(x[rows,c..2c) + bias); bias [2c]
     * or NULL. factors [rows,2c] gets the two, which are all its gradient asks for:
     * dx[rows,2c] = (add: +=) from dy[rows,c]. The same bits at every instruction set.
     */
    void (*gate)(const float *x, const float *bias, size_t rows, size_t c,
                 float *factors, float *y);
    void (*gate_grad)(const float *factors, const float *dy, size_t rows, size_t c,
                      bool add, float *dx);

    /* Of n >= 1 values: the largest, where NaN may get lost; the sum of exp(x - shift);
     * y = (add: +=) factor exp(x - shift). The same bits at every instruction set. */
    float (*max)(const float *x, size_t n);
    double (*exp_sum)(const float *x, size_t n, float shift);
    void (*exp)(const float *x, size_t n, float shift, float factor, bool add,
                float *y);

    /* Products that every instruction set and machine repeats bit for bit; see
     * tensor/product.h. Packed memory begins at a multiple of 64 bytes. */
    size_t (*exact_size)(int k, int n); /* floats of a packed w[k,n] */
    void (*exact_pack)(const float *w, int k, int n, float *packed);
    void (*exact_run)(const exact_product *e);

    /* A product of matrices as they lie. OpenBLAS takes its oldest kernels on
     * processors newer than itself: 28 GFLOP/s where these have 110. */
    void (*plain_run)(const plain_product *p);
} simd;

#if defined __x86_64__
extern const simd simd_avx512_bf16, simd_avx512, simd_avx2;
#endif
extern const simd simd_generic; /* SSE2, NEON or whatever 128-bit vectors become */

#endif
