/*
 * SPDX-License-Identifier: MIT
 *
 * Matrix product, single precision, one thread. The only user of OpenBLAS.
 * Tested in tests/tensor/test_gemm.c.
 */
#ifndef VQ_TENSOR_GEMM_H
#define VQ_TENSOR_GEMM_H

#include <stdbool.h>

/* Row-major matrix view; `transposed` means: use the transpose of what is stored. */
typedef struct mat {
    const float *v;
    int rows, cols; /* as stored */
    int ld;         /* floats from one stored row to the next */
    bool transposed;
} mat;

static inline mat mat_of(const float *v, int rows, int cols)
{
    return (mat){v, rows, cols, cols, false};
}

static inline mat mat_transposed(const float *v, int rows, int cols)
{
    return (mat){v, rows, cols, cols, true};
}

/*
 * c = a.b (accumulate: c += a.b), with c dense [m, n] of row stride ldc.
 * Called inside a worker: BLAS never starts threads of its own.
 */
void gemm(float *c, int ldc, mat a, mat b, bool accumulate);

/* Make BLAS single-threaded in the calling thread's team; call once before workers. */
void gemm_init(void);

/* What BLAS calls the kernels that it has chosen for this machine. */
const char *gemm_kernels(void);

#endif
