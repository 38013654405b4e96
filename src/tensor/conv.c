/*
 * SPDX-License-Identifier: MIT
 *
 * Sizes of convolutions, and how a result begins.
 */
#include "tensor/conv.h"

#include <string.h>

int conv_out_size(int in, int k, int stride, int pad)
{
    int room = in + 2 * pad - k;
    return room < 0 ? 0 : room / stride + 1;
}

int conv_transposed_size(int in, int k, int stride, int pad)
{
    return (in - 1) * stride - 2 * pad + k;
}

void conv_begin(float *v, size_t pixels, int channels, conv_out out)
{
    size_t run = (size_t)channels;
    if (!out.bias && !out.accumulate)
        memset(v, 0, pixels * run * sizeof *v);
    if (!out.bias)
        return;
    for (size_t p = 0; p < pixels; p++, v += run)
        for (size_t i = 0; i < run; i++)
            v[i] = out.accumulate ? v[i] + out.bias[i] : out.bias[i];
}
