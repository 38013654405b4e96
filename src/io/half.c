/* SPDX-License-Identifier: MIT */
#include "io/half.h"

#include <string.h>

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Without branches, so that a loop over it vectorises. Read as a float's, a half's bits
 * are worth 2^-112 of what they mean, subnormal or not. */
float half_to_float(uint16_t x)
{
    uint32_t sign = (uint32_t)(x & 0x8000) << 16;
    uint32_t magnitude = (uint32_t)(x & 0x7fff) << 13;
    uint32_t finite = bits_of(float_of(magnitude) * 0x1p112f);
    uint32_t special = magnitude | 0x7f800000; /* infinite or NaN */
    return float_of(sign | (magnitude < 0x0f800000 ? finite : special));
}

void half_to_floats(const unsigned char *bytes, int64_t n, float *out)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = half_to_float((uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8));
}

uint16_t half_from_float(float x)
{
    uint32_t sign = bits_of(x) >> 16 & 0x8000, magnitude = bits_of(x) & 0x7fffffff;
    uint32_t half;
    if (magnitude > 0x7f800000) { /* NaN: keep what fits of the payload, but not 0 */
        half = 0x7c00 | (magnitude >> 13 & 1023);
        half |= half == 0x7c00;
    } else if (magnitude >= bits_of(65536.0f)) {
        half = 0x7c00;
    } else if (magnitude < bits_of(0x1p-14f)) {
        /* next to 0.5 a float's last place is worth 2^-24, as a subnormal half's is */
        half = bits_of(float_of(magnitude) + 0.5f) - bits_of(0.5f);
    } else {
        uint32_t rebiased = magnitude - ((uint32_t)(127 - 15) << 23);
        half = (rebiased + 0xfff + (rebiased >> 13 & 1)) >> 13;
    }
    return (uint16_t)(sign | half);
}
