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
 * the matrix. That is what makes results independent of batch and image size. With
 * `exact` its links are a multiplication and an addition, each rounded, which every
 * instruction set and machine can repeat bit for bit, at about half the speed.
 *
 * Of `pairs` a and b hold two bfloat16 where they else hold a float, neighbours in the
 * sum over k: everything lies as it does for floats, and k counts pairs.
 */
#ifndef VQ_TENSOR_PRODUCT_H
#define VQ_TENSOR_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>

#include "tensor/vec.h"

#define ROW_GROUP 32
#define LINE 16 /* floats of a cache line */

typedef struct product {
    int m, n, k;    /* c is [m,n]; the sum runs over segments x k */
    int segments;   /* 0 means 1 */
    const float *a; /* element (i, s, k) at a[i*a_row + s*a_segment + k*a_col] */
    ptrdiff_t a_row, a_col, a_segment;
    const float *b; /* element (s, k, j) of panel p at
                       b[p*b_panel + s*b_segment + k*b_row + j], j < NR */
    ptrdiff_t b_row, b_panel, b_segment;
    ptrdiff_t b_ahead; /* where the next product's b lies, to be fetched; 0: nowhere */
    float *c;
    ptrdiff_t c_row;
    const float *bias; /* [n] or NULL */
    bool accumulate;   /* add to c */
    bool c_cold;       /* c is not in cache: ask for it before the sums */
    enum { PLAIN, EXACT, PAIRS } kind;
} product;

/* A block of c, up to MR rows and NV vectors: where its parts of the product begin. */
typedef struct block {
    const float *a, *b;
    float *c;
    const float *bias;
    int lanes;       /* of the last vector */
    ptrdiff_t ahead; /* fetch b + ahead; 0: nothing */
} block;

/* sum[mr][nv] of a block. mr, nv, partial and kind are constants where this is
 * inlined. */
ALWAYS_INLINE void block_sum(const product *g, const block *at, int mr, int nv,
                             bool partial, int kind, vec sum[MR][NV])
{
    const ptrdiff_t a_row = g->a_row, a_col = g->a_col, b_row = g->b_row;
    const ptrdiff_t ahead = at->ahead;
    const int terms = g->k;
    const float *a_from = at->a, *b_from = at->b;
    UNROLLED for (int i = 0; i < mr; i++) UNROLLED for (int j = 0; j < nv; j++)
        sum[i][j] = vec_splat(0);
    for (int s = g->segments; s > 0;
         s--, a_from += g->a_segment, b_from += g->b_segment) {
        const float *a = a_from, *b = b_from;
        for (int k = 0; k < terms; k++, a += a_col, b += b_row) {
            vec bv[NV];
            UNROLLED for (int j = 0; j < nv; j++) bv[j] =
                partial ? vec_load_part(b, at->lanes) : vec_load(b + j * VEC);
            if (ahead)
                __builtin_prefetch(b + ahead, 0, 2);
            UNROLLED for (int i = 0; i < mr; i++)
            {
                vec av = vec_splat(a[i * a_row]);
                UNROLLED for (int j = 0; j < nv; j++)
                {
                    if (kind == EXACT)
                        sum[i][j] = sum[i][j] + av * bv[j];
                    else if (kind == PAIRS)
                        sum[i][j] = vec_madd_pairs(av, bv[j], sum[i][j]);
                    else
                        sum[i][j] = vec_madd(av, bv[j], sum[i][j]);
                }
            }
        }
    }
}

/* One block of c: sum, then bias and what was there. */
ALWAYS_INLINE void block_store(const product *g, const block *at, int mr, int nv,
                               bool partial, int kind)
{
    const ptrdiff_t c_row = g->c_row;
    const int lanes = partial ? at->lanes : VEC;
    vec sum[MR][NV];
    block_sum(g, at, mr, nv, partial, kind, sum);
    if (at->bias)
        UNROLLED for (int j = 0; j < nv; j++)
        {
            vec add = vec_load_lanes(at->bias + j * VEC, lanes);
            UNROLLED for (int i = 0; i < mr; i++) sum[i][j] = sum[i][j] + add;
        }
    float *c = at->c;
    if (g->accumulate)
        UNROLLED for (int i = 0; i < mr; i++, c += c_row)
            UNROLLED for (int j = 0; j < nv; j++) sum[i][j] =
                sum[i][j] + vec_load_lanes(c + j * VEC, lanes);
    c = at->c;
    UNROLLED for (int i = 0; i < mr; i++, c += c_row)
        UNROLLED for (int j = 0; j < nv; j++)
            vec_store_lanes(c + j * VEC, sum[i][j], lanes);
}

/* Blocks of every height as functions of their own: inlined together they would leave
 * each other no registers. */
typedef void block_fn(const product *g, const block *at);

#define BLOCK_FNS(name, nv, partial, kind)                                             \
    BLOCK_FN(name, 1, nv, partial, kind)                                               \
    BLOCK_FN(name, 2, nv, partial, kind)                                               \
    BLOCK_FN(name, 3, nv, partial, kind)                                               \
    BLOCK_FN(name, 4, nv, partial, kind)                                               \
    BLOCK_FN(name, 5, nv, partial, kind)                                               \
    BLOCK_FN(name, 6, nv, partial, kind)                                               \
    BLOCK_FN(name, 7, nv, partial, kind)                                               \
    BLOCK_FN(name, 8, nv, partial, kind)                                               \
    static block_fn *const name[9] = {                                                 \
        NULL,     name##_1, name##_2, name##_3, name##_4,                              \
        name##_5, name##_6, name##_7, name##_8};

#define BLOCK_FN(name, mr, nv, partial, kind)                                          \
    static                                                                             \
        __attribute__((noinline)) void name##_##mr(const product *g, const block *at)  \
    {                                                                                  \
        block_store(g, at, mr < MR ? mr : MR, nv, partial, kind);                      \
    }

BLOCK_FNS(plain_wide, NV, false, PLAIN)
BLOCK_FNS(plain_narrow, 1, false, PLAIN)
BLOCK_FNS(plain_partial, 1, true, PLAIN)
BLOCK_FNS(exact_wide, NV, false, EXACT)
BLOCK_FNS(exact_narrow, 1, false, EXACT)
BLOCK_FNS(exact_partial, 1, true, EXACT)
BLOCK_FNS(pairs_wide, NV, false, PAIRS)
BLOCK_FNS(pairs_narrow, 1, false, PAIRS)
BLOCK_FNS(pairs_partial, 1, true, PAIRS)

/* By kind of product: blocks of NV vectors, of one, of a part of one. */
static block_fn *const *const blocks_of[][3] = {
    [PLAIN] = {plain_wide, plain_narrow, plain_partial},
    [EXACT] = {exact_wide, exact_narrow, exact_partial},
    [PAIRS] = {pairs_wide, pairs_narrow, pairs_partial}};

/* The columns of a block over m rows, cut as evenly as MR allows. */
ALWAYS_INLINE void rows_store(const product *g, block_fn *const *fns, block at, int m)
{
    int blocks = (m + MR - 1) / MR;
    for (int i = 0, mr; i < m; i += mr, blocks--) {
        mr = (m - i + blocks - 1) / blocks;
        at.ahead = g->b_ahead && i < MR * NR / LINE ? g->b_ahead + i / MR * LINE : 0;
        if (g->c_cold)
            for (int r = 0; r < mr; r++)
                for (int j = 0; j < NR; j += LINE)
                    __builtin_prefetch(at.c + r * g->c_row + j, 1);
        fns[mr](g, &at);
        at.a += mr * g->a_row;
        at.c += mr * g->c_row;
    }
}

/* Rows [i, i + m) of all columns. */
static void columns_store(const product *g, int i, int m)
{
    block at = {g->a + i * g->a_row, g->b, g->c + i * g->c_row, g->bias, VEC, 0};
    block_fn *const *const *fns = blocks_of[g->kind];
    int j = 0;
    for (; j + NR <= g->n; j += NR) {
        rows_store(g, fns[0], at, m);
        at.b += g->b_panel;
        at.c += NR;
        at.bias = at.bias ? at.bias + NR : NULL;
    }
    for (; j + VEC <= g->n; j += VEC) {
        rows_store(g, fns[1], at, m);
        at.b += VEC;
        at.c += VEC;
        at.bias = at.bias ? at.bias + VEC : NULL;
    }
    at.lanes = g->n - j;
    if (at.lanes > 0)
        rows_store(g, fns[2], at, m);
}

/* Rows in groups, so that a group of a is in L1 while b passes by. */
static void product_run(const product *g)
{
    for (int i = 0; i < g->m; i += ROW_GROUP)
        columns_store(g, i, g->m - i < ROW_GROUP ? g->m - i : ROW_GROUP);
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
