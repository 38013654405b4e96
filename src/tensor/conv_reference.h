/*
 * SPDX-License-Identifier: MIT
 *
 * The kernel that does any geometry, by im2row and gemm. Tested in
 * tests/tensor/test_conv.c.
 */
#ifndef VQ_TENSOR_CONV_REFERENCE_H
#define VQ_TENSOR_CONV_REFERENCE_H

#include "tensor/conv.h"

extern const conv_kernel conv_reference;

#endif
