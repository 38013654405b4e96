/* SPDX-License-Identifier: MIT */
#include "base/rng.h"

#include <math.h>
#include <stdbool.h>

#define PHILOX_ROUNDS 10
#define PHILOX_M0 UINT32_C(0xD2511F53)
#define PHILOX_M1 UINT32_C(0xCD9E8D57)
#define PHILOX_W0 UINT32_C(0x9E3779B9) /* golden ratio */
#define PHILOX_W1 UINT32_C(0xBB67AE85) /* sqrt(3) - 1 */

void philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        uint64_t p0 = (uint64_t)PHILOX_M0 * c0;
        uint64_t p1 = (uint64_t)PHILOX_M1 * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        k0 += PHILOX_W0;
        k1 += PHILOX_W1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

rng rng_make(uint64_t seed, enum rng_stream stream, uint32_t sub)
{
    return (rng){.key = seed, .stream = (uint32_t)stream, .sub = sub};
}

uint32_t rng_u32(rng *r)
{
    uint64_t block = r->position / 4;
    uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), r->sub, r->stream};
    uint32_t key[2] = {(uint32_t)r->key, (uint32_t)(r->key >> 32)};
    uint32_t out[4];
    philox4x32(counter, key, out);
    return out[r->position++ % 4];
}

/*
 * Multiply instead of divide (Lemire 2019, "Fast random integer generation in an
 * interval"); the low products below 2^32 mod n are the ones that would be drawn once
 * too often.
 */
uint32_t rng_below(rng *r, uint32_t n)
{
    uint64_t product = (uint64_t)rng_u32(r) * n;
    if ((uint32_t)product < n) {
        uint32_t surplus = (0 - n) % n; /* 2^32 mod n */
        while ((uint32_t)product < surplus)
            product = (uint64_t)rng_u32(r) * n;
    }
    return (uint32_t)(product >> 32);
}

/* Multiples of 2^-24 in [0, 1): every one is a float. */
static float rng_unit(rng *r)
{
    return (float)(rng_u32(r) >> 8) * 0x1p-24f;
}

float rng_uniform(rng *r, float low, float high)
{
    float x = low + (high - low) * rng_unit(r);
    return x < high ? x : nextafterf(high, low); /* the sum may round up to high */
}

/*
 * True with probability exp(-x), x in [0, 1]: the length of a falling run of uniform
 * numbers started at x is even (von Neumann 1951).
 */
static bool rng_chance_exp(rng *r, float x)
{
    bool even = true;
    for (float u = rng_unit(r); u < x; u = rng_unit(r)) {
        x = u;
        even = !even;
    }
    return even;
}

static bool rng_chance_exp_times(rng *r, float x, int times)
{
    while (times > 0 && rng_chance_exp(r, x))
        times--;
    return times == 0;
}

/*
 * Karney 2016, "Sampling exactly from the normal distribution", algorithm N. It only
 * compares, so the numbers are the same on every machine; a logarithm or a cosine would
 * take the last bits from the C library at hand.
 */
float rng_normal(rng *r)
{
    for (;;) {
        int k = 0;
        while (rng_chance_exp(r, 0.5f))
            k++;
        if (!rng_chance_exp_times(r, 0.5f, k * (k - 1)))
            continue;
        float x = rng_unit(r);
        float whole = (float)k;
        if (!rng_chance_exp_times(r, x * (2 * whole + x) / (2 * whole + 2), k + 1))
            continue;
        return rng_u32(r) & 1 ? whole + x : -(whole + x);
    }
}
