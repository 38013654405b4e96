/*
 * SPDX-License-Identifier: MIT
 *
 * Which instruction set's kernels run is chosen at run time, so that one binary runs on
 * any machine and is fast where it can be.
 *
 * VQVAE_SIMD=avx512_bf16, avx512, avx2 or generic in the environment picks one of those
 * that the machine has, for tests and measurements; anything else is ignored. Tested in
 * tests/tensor/test_simd.c.
 */
#ifndef VQ_TENSOR_SIMD_H
#define VQ_TENSOR_SIMD_H

#include "tensor/kernels.h"

/* The i-th instruction set that this machine has, the best first; NULL past it. */
const simd *simd_at(int i);

/* The one to use. */
const simd *simd_best(void);

#endif
