/*
 * SPDX-License-Identifier: MIT
 *
 * Which kernel does which convolution on this machine. Tested in
 * tests/tensor/test_conv.c.
 */
#ifndef VQ_TENSOR_CONV_SELECT_H
#define VQ_TENSOR_CONV_SELECT_H

#include "tensor/conv.h"

/*
 * The i-th kernel that this machine can run, the most specialised first, the reference
 * one last; NULL past it. For tests and benchmarks.
 */
const conv_kernel *conv_kernel_at(int i);

typedef enum conv_choice {
    CONV_FASTEST,
    CONV_LOCAL,     /* the fastest that is local */
    CONV_REFERENCE, /* the reference one */
    CONV_BF16       /* the fastest that multiplies in bfloat16, or else in floats */
} conv_choice;

/* The kernel for this geometry on this machine. */
const conv_kernel *conv_select(const conv_shape *s, conv_choice choice);

#endif
