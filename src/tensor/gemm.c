/*
 * SPDX-License-Identifier: MIT
 *
 * Matrix product through OpenBLAS, which must stay on the caller's thread: on shapes as
 * small as ours two BLAS threads are slower than one, and some of its kernels give
 * other bits at another thread count.
 */
#include "tensor/gemm.h"

#include <assert.h>
#include <cblas.h>
#include <omp.h>

static int mat_rows(mat m)
{
    return m.transposed ? m.cols : m.rows;
}

static int mat_cols(mat m)
{
    return m.transposed ? m.rows : m.cols;
}

void gemm(float *c, int ldc, mat a, mat b, bool accumulate)
{
    assert(mat_cols(a) == mat_rows(b));
    if (mat_rows(a) == 0 || mat_cols(b) == 0)
        return;
    cblas_sgemm(CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans,
                b.transposed ? CblasTrans : CblasNoTrans, mat_rows(a), mat_cols(b),
                mat_cols(a), 1.0f, a.v, a.ld, b.v, b.ld, accumulate ? 1.0f : 0.0f, c,
                ldc);
}

const char *gemm_kernels(void)
{
    return openblas_get_corename();
}

/*
 * An OpenMP build of OpenBLAS ignores openblas_set_num_threads: outside a parallel
 * region it asks OpenMP for the default team, inside one it stays on its thread. Our
 * own teams name their size, so the default is free to be one.
 */
void gemm_init(void)
{
    openblas_set_num_threads(1);
    if (openblas_get_parallel() == OPENBLAS_OPENMP)
        omp_set_num_threads(1);
}
