/*
 * SPDX-License-Identifier: MIT
 *
 * The kernels for x86-64 with AVX-512F and AVX512-BF16; the Makefile gives this file
 * the flags.
 */
#include "tensor/kernels.h"

#if defined __x86_64__
#define SIMD avx512_bf16
#define SIMD_LIKE avx512
#include "tensor/simd_table.h"
#endif
