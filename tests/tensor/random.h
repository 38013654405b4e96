/*
 * SPDX-License-Identifier: MIT
 *
 * Numbers for tests that draw their sizes and values: a function of the state alone.
 */
#ifndef VQ_TESTS_RANDOM_H
#define VQ_TESTS_RANDOM_H

#include <stdint.h>

/* in [0, below) */
static inline uint32_t test_random(uint64_t *state, uint32_t below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % below;
}

/* in [-1, 1) */
static inline float test_uniform(uint64_t *state)
{
    return (float)test_random(state, 1 << 24) / (float)(1 << 23) - 1;
}

#endif
