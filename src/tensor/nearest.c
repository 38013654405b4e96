/*
 * SPDX-License-Identifier: MIT
 *
 * Nearest codebook row. |z-e|^2 = |z|^2 + |e|^2 - 2 z.e, and |z|^2 is the same for all
 * codes, so the smallest |e|^2 - 2 z.e decides.
 */
#include "tensor/nearest.h"

#include <math.h>

#include "tensor/gemm.h"

#define TILE_ROWS 64 /* dots of a tile: 128 KB at 512 codes, so they stay in L2 */

size_t nearest_scratch(int k, int d)
{
    (void)d;
    return (size_t)k * (TILE_ROWS + 1);
}

static void squared_norms(const float *codes, int k, int d, float *norm)
{
    for (int i = 0; i < k; i++) {
        float sum = 0;
        for (int j = 0; j < d; j++) {
            float e = codes[(size_t)i * (size_t)d + (size_t)j];
            sum += e * e;
        }
        norm[i] = sum;
    }
}

static int32_t smallest(const float *norm, const float *dot, int k)
{
    int32_t best = 0;
    float least = INFINITY;
    for (int32_t i = 0; i < k; i++) {
        float score = norm[i] - 2 * dot[i];
        if (score < least) {
            least = score;
            best = i;
        }
    }
    return best;
}

void nearest_code(const float *z, int rows, const float *codes, int k, int d,
                  int32_t *index, float *scratch)
{
    float *norm = scratch, *dots = scratch + k;
    squared_norms(codes, k, d, norm);
    for (int row = 0; row < rows; row += TILE_ROWS) {
        int n = rows - row < TILE_ROWS ? rows - row : TILE_ROWS;
        gemm(dots, k, mat_of(z + (size_t)row * (size_t)d, n, d),
             mat_transposed(codes, k, d), false);
        for (int i = 0; i < n; i++)
            index[row + i] = smallest(norm, dots + (size_t)i * (size_t)k, k);
    }
}
