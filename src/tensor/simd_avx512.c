/*
 * SPDX-License-Identifier: MIT
 *
 * The kernels for x86-64 with AVX-512F; the Makefile gives this file the flags.
 */
#include "tensor/kernels.h"

#if defined __x86_64__
#define SIMD avx512
#include "tensor/simd_table.h"
#endif
