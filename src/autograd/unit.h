/*
 * SPDX-License-Identifier: MIT
 *
 * Vectors of unit length: the codes of a cosine codebook.
 * Tested in tests/autograd/test_ema.c.
 */
#ifndef VQ_AUTOGRAD_UNIT_H
#define VQ_AUTOGRAD_UNIT_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * e = v / |v|, both [d], which may be the same. False, and e as it was, where v is too
 * short to have a direction: below 1e-30.
 */
static inline bool unit_direction(const float *v, float *e, size_t d)
{
    double sum = 0;
    for (size_t j = 0; j < d; j++)
        sum += (double)v[j] * (double)v[j];
    if (!(sum > 1e-60))
        return false;
    float factor = (float)(1 / sqrt(sum));
    for (size_t j = 0; j < d; j++)
        e[j] = v[j] * factor;
    return true;
}

#endif
