/* SPDX-License-Identifier: MIT */
#include "tensor/nearest.h"

#include "tensor/simd.h"

size_t nearest_scratch(int k, int d)
{
    return simd_best()->nearest_scratch(k, d);
}

void nearest_code(const float *z, int rows, const float *codes, int k, int d,
                  int32_t *index, float *scratch)
{
    simd_best()->nearest(z, rows, codes, k, d, index, scratch);
}
