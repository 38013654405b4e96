/*
 * SPDX-License-Identifier: MIT
 *
 * The exponential function out of additions and multiplications in one written order,
 * each rounded once: the compiler may not contract them (-ffp-contract=off), and no
 * library has a say. So every instruction set and every machine with IEEE single
 * precision gets the same bits, which the entropy model of prior/ lives on, and loops
 * over it become vectors. Tested in tests/tensor/test_exact.c.
 */
#ifndef VQ_TENSOR_EXACT_H
#define VQ_TENSOR_EXACT_H

#include <stdint.h>
#include <string.h>

/* exp stays finite and normal between these; beyond, it stays where it is. */
#define EXACT_EXP_LOW (-87.0f)
#define EXACT_EXP_HIGH 88.0f

/*
 * exp(x), within 2 units in the last place for EXACT_EXP_LOW <= x <= EXACT_EXP_HIGH;
 * NaN for NaN. x = n ln 2 + r with |r| <= ln 2 / 2, where Taylor's series to the 7th
 * power is off by 5e-9.
 */
static inline float exact_exp(float x)
{
    const float shift = 0x1.8p23f; /* a number this large has no fraction */
    x = x < EXACT_EXP_LOW ? EXACT_EXP_LOW : x;
    x = x > EXACT_EXP_HIGH ? EXACT_EXP_HIGH : x;
    float shifted = x * 1.44269504f + shift, n = shifted - shift;
    float r = (x - n * 0.693359375f) + n * 2.12194440e-4f; /* ln 2 in two parts */
    float p = r * (1.0f / 5040) + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r + 1;
    p = p * r + 1;
    uint32_t bits; /* its lowest bits are n: moved to the exponent they are 2^n */
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits << 23) + 0x3f800000u;
    float power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

/* 1 / (1 + exp(-x)), within 2e-7 */
static inline float exact_sigmoid(float x)
{
    return 1 / (1 + exact_exp(-x));
}

/* Within 2e-7: not relative to small results. */
static inline float exact_tanh(float x)
{
    return 2 / (1 + exact_exp(-2 * x)) - 1;
}

#endif
