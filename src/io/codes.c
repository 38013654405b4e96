/* SPDX-License-Identifier: MIT */
#include "io/codes.h"

#include <inttypes.h>
#include <stdlib.h>

const char *codes_ending(vq_codes_format format)
{
    return format == VQ_CODES_NPY ? ".npy" : format == VQ_CODES_TXT ? ".txt" : ".vqt";
}

int codes_bits(int k)
{
    int bits = 1;
    while (bits < 31 && k > 1 << bits)
        bits++;
    return bits;
}

int codes_depth(const vq_codes *codes)
{
    return codes->depth > 1 ? codes->depth : 1;
}

size_t codes_count(const vq_codes *codes)
{
    return (size_t)codes->n * (size_t)codes->h * (size_t)codes->w *
           (size_t)codes_depth(codes);
}

int32_t *codes_image(const vq_codes *codes, int i)
{
    return codes->index + codes_count(codes) / (size_t)codes->n * (size_t)i;
}

bool codes_packed_size(const vq_codes *c, uint64_t *size)
{
    uint64_t count;
    if (__builtin_mul_overflow((uint64_t)c->n * (uint64_t)c->h, (uint64_t)c->w,
                               &count) ||
        __builtin_mul_overflow(count, (uint64_t)codes_depth(c), &count) ||
        __builtin_mul_overflow(count, (uint64_t)codes_bits(c->k), size))
        return false;
    *size = *size / 8 + (*size % 8 != 0);
    return true;
}

void codes_pack(const vq_codes *c, unsigned char *to)
{
    size_t count = codes_count(c);
    int bits = codes_bits(c->k), held = 0;
    uint64_t window = 0;
    for (size_t i = 0; i < count; i++) {
        window |= (uint64_t)c->index[i] << held;
        for (held += bits; held >= 8; held -= 8, window >>= 8)
            *to++ = (unsigned char)window;
    }
    if (held)
        *to = (unsigned char)window;
}

vq_status codes_unpack(const vq_codes *c, const char *name, const unsigned char *from,
                       vq_error *err)
{
    size_t count = codes_count(c);
    int bits = codes_bits(c->k), held = 0;
    uint64_t window = 0, mask = ((uint64_t)1 << bits) - 1;
    for (size_t i = 0; i < count; i++) {
        for (; held < bits; held += 8)
            window |= (uint64_t)*from++ << held;
        uint64_t code = window & mask;
        if (code >= (uint64_t)c->k)
            return vq_fail(err, VQ_EINPUT,
                           "'%s': code %" PRIu64 " at index %zu of a codebook of %d",
                           name, code, i, c->k);
        c->index[i] = (int32_t)code;
        window >>= bits;
        held -= bits;
    }
    if (window)
        return vq_fail(err, VQ_EINPUT, "'%s': bits are set after the last code", name);
    return VQ_OK;
}

vq_status vq_codes_reshape(vq_codes *codes, int h, int w, int depth, vq_error *err)
{
    const int64_t row = (int64_t)codes->w * codes_depth(codes);
    const int64_t image = row * codes->h, all = image * codes->n;
    int64_t want = 0;
    const bool legal = h > 0 && w > 0 && depth > 0 &&
                       !__builtin_mul_overflow((int64_t)h * w, depth, &want);
    const bool line = codes->n == 1 && codes->h == 1 && legal && row % want == 0;
    const bool rows = codes->n == 1 && row == want;
    if (!legal || (!line && !rows && image != want))
        return vq_fail(err, VQ_EINPUT,
                       "%d x %d x %d codes are no sequences of %d x %d positions of %d",
                       codes->n, codes->h, codes->w * codes_depth(codes), h, w, depth);
    codes->n = (int)(all / want);
    codes->h = h;
    codes->w = w;
    codes->depth = depth;
    codes->rank = depth > 1 ? 4 : 3;
    return VQ_OK;
}

void vq_codes_release(vq_codes *codes)
{
    free(codes->index);
    *codes = (vq_codes){0};
}
