/*
 * SPDX-License-Identifier: MIT
 *
 * The kernels with the vectors every machine of this kind has.
 */
#define SIMD generic
#include "tensor/simd_table.h"
