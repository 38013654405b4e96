/*
 * SPDX-License-Identifier: MIT
 *
 * The inputs of the golden cases, which golden.h leaves out: fill() of make_golden.py.
 */
#ifndef VQ_TESTS_AUTOGRAD_GOLDEN_FILL_H
#define VQ_TESTS_AUTOGRAD_GOLDEN_FILL_H

#include <stddef.h>
#include <stdint.h>

/* v[i] in [-1, 1), exact in binary, a function of seed and i. */
static inline void golden_fill(float *v, size_t n, uint32_t seed)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t u = (uint32_t)i * 2654435761u + seed * 40503u + 12345u;
        u ^= u >> 15;
        u *= 2246822519u;
        u ^= u >> 13;
        v[i] = (float)(u >> 8) / 8388608.0f - 1;
    }
}

/* Codes in [0, k) as floats: picked() of make_golden.py. */
static inline void golden_codes(float *v, size_t n, uint32_t seed, int k)
{
    golden_fill(v, n, seed);
    for (size_t i = 0; i < n; i++)
        v[i] = (float)(int)((v[i] + 1) * ((float)k / 2));
}

#endif
