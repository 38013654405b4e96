/*
 * SPDX-License-Identifier: MIT
 *
 * Nearest codebook row. Code, included once per instruction set.
 *
 * |z-e|^2 = |z|^2 + |e|^2 - 2 z.e, and |z|^2 is the same for all codes, so the smallest
 * |e|^2 - 2 z.e decides. A block of products is compared while it is in registers;
 * each lane keeps its first smallest score, and the lanes of a row meet at the end.
 *
 * Scratch: the codes in panels, then their squared norms.
 */
#ifndef VQ_TENSOR_ARGMIN_H
#define VQ_TENSOR_ARGMIN_H

#include <math.h>

#include "tensor/product.h"

#define ROWS_MAX 64 /* rows that share one pass over the codes */

/* What a row has found so far, in each lane. */
typedef struct argmin {
    vec score;
    ivec index; /* of lane 0; lane i stands for index + i */
} argmin;

static size_t argmin_scratch(int k, int d)
{
    return panels_size(d + 1, k);
}

/* Codes to panels; norms of what is not a code are infinite, so that it never wins. */
static void argmin_pack(const float *codes, int k, int d, float *packed, float *norm)
{
    for (int j = 0; j < round_up(k, NR); j += VEC) {
        int rows = k - j < VEC ? k - j : VEC;
        vec sum = vec_splat(0);
        for (int i = 0; i < d; i += VEC) {
            int lanes = d - i < VEC ? d - i : VEC;
            vec e[VEC];
            const float *from = rows > 0 ? codes + (ptrdiff_t)j * d + i : codes;
            vec_load_transposed(from, d, rows, lanes, e);
            for (int l = 0; l < lanes; l++) {
                vec_store(packed + panel_at(d, i + l, j), e[l]);
                sum = vec_madd(e[l], e[l], sum);
            }
        }
        vec_store(norm + j, sum);
        for (int i = rows > 0 ? rows : 0; i < VEC; i++)
            norm[j + i] = INFINITY;
    }
}

/* Compare mr rows with the panel of codes from j on. */
ALWAYS_INLINE void argmin_block(const product *g, const block *at, int mr, int32_t j,
                                const float *norm, argmin *best)
{
    vec sum[MR][NV], minus_two = vec_splat(-2);
    block_sum(g, at, mr, NV, false, false, sum);
    UNROLLED for (int v = 0; v < NV; v++)
    {
        vec e = vec_load(norm + v * VEC);
        UNROLLED for (int i = 0; i < mr; i++)
            vec_keep_less(vec_madd(minus_two, sum[i][v], e), j + v * VEC,
                          &best[i].score, &best[i].index);
    }
}

static __attribute__((noinline)) void argmin_rows(const product *g, const block *at,
                                                  int32_t j, const float *norm,
                                                  argmin *best)
{
    argmin_block(g, at, MR, j, norm, best);
}

static __attribute__((noinline)) void argmin_row(const product *g, const block *at,
                                                 int32_t j, const float *norm,
                                                 argmin *best)
{
    argmin_block(g, at, 1, j, norm, best);
}

/* The lowest index of the smallest score of a row; 0 if no score is a number. */
static int32_t argmin_lanes(argmin a)
{
    float s[VEC];
    int32_t at[VEC], best = INT32_MAX;
    memcpy(s, &a.score, sizeof s);
    memcpy(at, &a.index, sizeof at);
    float least = INFINITY;
    for (int i = 0; i < VEC; i++)
        if (s[i] < least || (s[i] == least && s[i] < INFINITY && at[i] + i < best)) {
            least = s[i];
            best = at[i] + i;
        }
    return best == INT32_MAX ? 0 : best;
}

/* Up to ROWS_MAX rows against all codes. */
static void argmin_tile(const product *g, int k, const float *norm, int32_t *index)
{
    argmin best[ROWS_MAX];
    for (int i = 0; i < g->m; i++)
        best[i] = (argmin){vec_splat(INFINITY), {0}};
    for (int j = 0; j < k; j += NR) {
        block at = {.a = g->a, .b = g->b + j / NR * g->b_panel, .lanes = VEC};
        int row = 0;
        for (; row + MR <= g->m; row += MR, at.a += MR * g->a_row)
            argmin_rows(g, &at, j, norm + j, best + row);
        for (; row < g->m; row++, at.a += g->a_row)
            argmin_row(g, &at, j, norm + j, best + row);
    }
    for (int i = 0; i < g->m; i++)
        index[i] = argmin_lanes(best[i]);
}

static void argmin_run(const float *z, int rows, const float *codes, int k, int d,
                       int32_t *index, float *scratch)
{
    float *norm = scratch + panels_size(d, k);
    argmin_pack(codes, k, d, scratch, norm);
    for (int row = 0; row < rows; row += ROWS_MAX) {
        product g = {.m = rows - row < ROWS_MAX ? rows - row : ROWS_MAX,
                     .k = d,
                     .segments = 1,
                     .a = z + (ptrdiff_t)row * d,
                     .a_row = d,
                     .a_col = 1,
                     .b = scratch,
                     .b_row = NR,
                     .b_panel = (ptrdiff_t)d * NR};
        argmin_tile(&g, k, norm, index + row);
    }
}

#endif
