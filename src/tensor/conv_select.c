/* SPDX-License-Identifier: MIT */
#include "tensor/conv_select.h"

#include "tensor/conv_reference.h"
#include "tensor/simd.h"

const conv_kernel *conv_kernel_at(int i)
{
    for (int set = 0; simd_at(set); set++) {
        const conv_kernel *const *lists[] = {simd_at(set)->conv16, simd_at(set)->conv};
        for (int list = 0; list < 2; list++)
            for (const conv_kernel *const *k = lists[list]; *k; k++)
                if (i-- == 0)
                    return *k;
    }
    return i == 0 ? &conv_reference : NULL;
}

const conv_kernel *conv_select(const conv_shape *s, conv_choice choice)
{
    const conv_kernel *const *k = simd_best()->conv16;
    for (; *k && choice == CONV_BF16; k++)
        if ((*k)->fits(s))
            return *k;
    for (k = simd_best()->conv; *k && choice != CONV_REFERENCE; k++)
        if ((*k)->fits(s) && ((*k)->local || choice != CONV_LOCAL))
            return *k;
    return &conv_reference;
}
