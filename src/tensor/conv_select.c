/* SPDX-License-Identifier: MIT */
#include "tensor/conv_select.h"

#include "tensor/conv_reference.h"
#include "tensor/simd.h"

const conv_kernel *conv_kernel_at(int i)
{
    for (int set = 0; simd_at(set); set++)
        for (const conv_kernel *const *k = simd_at(set)->conv; *k; k++)
            if (i-- == 0)
                return *k;
    return i == 0 ? &conv_reference : NULL;
}

const conv_kernel *conv_select(const conv_shape *s, conv_choice choice)
{
    const conv_kernel *const *k = simd_best()->conv;
    for (; *k && choice != CONV_REFERENCE; k++)
        if ((*k)->fits(s) && ((*k)->local || choice == CONV_FASTEST))
            return *k;
    return &conv_reference;
}
