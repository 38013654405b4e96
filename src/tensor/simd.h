/*
 * SPDX-License-Identifier: MIT
 *
 * The hand-written kernels, compiled once per instruction set and chosen at run time,
 * so that one binary runs on any machine and is fast where it can be.
 *
 * VQVAE_SIMD=avx512, avx2 or generic in the environment picks one of those that the
 * machine has, for tests and measurements; anything else is ignored.
 * Tested in tests/tensor/test_simd.c.
 */
#ifndef VQ_TENSOR_SIMD_H
#define VQ_TENSOR_SIMD_H

#include <stddef.h>
#include <stdint.h>

#include "tensor/conv.h"

typedef struct simd {
    const char *name;
    const conv_kernel *conv[3]; /* the most specialised first, NULL last */
    size_t (*nearest_scratch)(int k, int d);
    void (*nearest)(const float *z, int rows, const float *codes, int k, int d,
                    int32_t *index, float *scratch); /* as nearest_code */
} simd;

#if defined __x86_64__
extern const simd simd_avx512, simd_avx2;
#endif
extern const simd simd_generic; /* SSE2, NEON or whatever 128-bit vectors become */

/* The i-th instruction set that this machine has, the best first; NULL past it. */
const simd *simd_at(int i);

/* The one to use. */
const simd *simd_best(void);

#endif
