/*
 * SPDX-License-Identifier: MIT
 *
 * The matrix product that all kernels share: c = a.b (+ bias) (+ c). Code, included
 * once per instruction set.
 *
 * a is read one number at a time, so its rows and columns may lie any distance apart
 * (a transposed matrix, or the overlapping windows of a convolution). b is read in
 * panels of NR columns: packed ones or a plain row-major matrix. The sum over k may run
 * through segments, such as the rows of a convolution's kernel.
 *
 * An element of c is one chain of multiply-adds over k in order, whatever its place in
 * the matrix. That is what makes results independent of batch and image size.
 */
#ifndef VQ_TENSOR_PRODUCT_H
#define VQ_TENSOR_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>

#include "tensor/vec.h"

typedef struct product {
    int m, n, k;    /* c is [m,n]; the sum runs over segments x k */
    int segments;   /* 0 means 1 */
    const float *a; /* element (i, s, k) at a[i*a_row + s*a_segment + k*a_col] */
    ptrdiff_t a_row, a_col, a_segment;
    const float *b; /* element (s, k, j) of panel p at
                       b[p*b_panel + s*b_segment + k*b_row + j], j < NR */
    ptrdiff_t b_row, b_panel, b_segment;
    float *c;
    ptrdiff_t c_row;
    const float *bias; /* [n] or NULL */
    bool accumulate;   /* add to c */
} product;

/* A block of c at (i, j): up to MR rows and nv vectors, the last one of `lanes`. */
typedef struct block {
    const float *a, *b;
    int lanes;
} block;

/* sum[mr][nv] of a block. mr, nv and partial are constants where this is inlined. */
ALWAYS_INLINE void block_sum(const product *g, block at, int mr, int nv, bool partial,
                             vec sum[MR][NV])
{
    for (int i = 0; i < mr; i++)
        for (int j = 0; j < nv; j++)
            sum[i][j] = vec_splat(0);
    int segments = g->segments ? g->segments : 1;
    for (int s = 0; s < segments; s++) {
        const float *a = at.a + s * g->a_segment, *b = at.b + s * g->b_segment;
        for (int k = 0; k < g->k; k++, a += g->a_col, b += g->b_row) {
            vec bv[NV];
            for (int j = 0; j < nv; j++)
                bv[j] = partial ? vec_load_part(b, at.lanes) : vec_load(b + j * VEC);
#pragma GCC unroll 16
            for (int i = 0; i < mr; i++) {
                vec av = vec_splat(a[i * g->a_row]);
                for (int j = 0; j < nv; j++)
                    sum[i][j] = vec_madd(av, bv[j], sum[i][j]);
            }
        }
    }
}

/* One block of c: sum, then bias and what was there. */
ALWAYS_INLINE void block_store(const product *g, block at, int mr, int nv, bool partial,
                               float *c, const float *bias)
{
    vec sum[MR][NV];
    block_sum(g, at, mr, nv, partial, sum);
    for (int j = 0; j < nv; j++) {
        float *to = c + j * VEC;
        vec add = vec_splat(0);
        if (bias)
            add = partial ? vec_load_part(bias, at.lanes) : vec_load(bias + j * VEC);
        for (int i = 0; i < mr; i++, to += g->c_row) {
            vec v = sum[i][j];
            if (bias)
                v = v + add;
            if (g->accumulate)
                v = v + (partial ? vec_load_part(to, at.lanes) : vec_load(to));
            if (partial)
                vec_store_part(to, v, at.lanes);
            else
                vec_store(to, v);
        }
    }
}

/* nv vectors of columns over all rows, rows cut as evenly as MR allows. */
ALWAYS_INLINE void product_columns(const product *g, block at, int nv, bool partial,
                                   float *c, const float *bias)
{
    int blocks = (g->m + MR - 1) / MR;
    for (int i = 0, mr; i < g->m; i += mr, blocks--) {
        mr = (g->m - i + blocks - 1) / blocks;
        switch (mr) {
#define ROWS(r)                                                                        \
    case r:                                                                            \
        block_store(g, at, r, nv, partial, c, bias);                                   \
        break
            ROWS(1);
            ROWS(2);
            ROWS(3);
            ROWS(4);
            ROWS(5);
            ROWS(6);
#if MR > 6
            ROWS(7);
            ROWS(8);
#endif
#undef ROWS
        }
        at.a += mr * g->a_row;
        c += mr * g->c_row;
    }
}

static void product_run(const product *g)
{
    int j = 0;
    for (; j + NR <= g->n; j += NR)
        product_columns(g, (block){g->a, g->b + j / NR * g->b_panel, VEC}, NV, false,
                        g->c + j, g->bias ? g->bias + j : NULL);
    const float *b = g->b + j / NR * g->b_panel;
    for (; j + VEC <= g->n; j += VEC, b += VEC)
        product_columns(g, (block){g->a, b, VEC}, 1, false, g->c + j,
                        g->bias ? g->bias + j : NULL);
    if (j < g->n)
        product_columns(g, (block){g->a, b, g->n - j}, 1, true, g->c + j,
                        g->bias ? g->bias + j : NULL);
}

/* Floats of a [k,n] matrix in packed panels. */
static inline size_t panels_size(int k, int n)
{
    return (size_t)k * (size_t)round_up(n, NR);
}

/* Where element (i,j) of a [k,n] matrix lies in its panels. */
static inline ptrdiff_t panel_at(int k, int i, int j)
{
    return ((ptrdiff_t)(j / NR) * k + i) * NR + j % NR;
}

#endif
