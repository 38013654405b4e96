/*
 * SPDX-License-Identifier: MIT
 *
 * Counter-based random numbers (Philox4x32-10, Salmon et al. 2011, "Parallel random
 * numbers: as easy as 1, 2, 3"). A number is a pure function of (seed, stream,
 * position), so nothing depends on threads or call order and a position is all a resume
 * needs. Tested against the authors' known answers in tests/base/test_rng.c.
 */
#ifndef VQ_BASE_RNG_H
#define VQ_BASE_RNG_H

#include <stdint.h>

/* One stream per purpose, so that drawing more of one never shifts another. */
enum rng_stream {
    RNG_WEIGHTS = 1, /* sub-stream: index of the parameter */
    RNG_SHUFFLE,     /* sub-stream: epoch or step */
    RNG_SHAPES,      /* sub-stream: index of the image */
    RNG_KMEANS,      /* sub-stream: index of the codebook */
    RNG_REVIVE,      /* sub-stream: step */
    RNG_PICTURE,     /* sub-stream: step */
    RNG_CROP,        /* sub-stream: step; position: 16 for each image in the batch */
    RNG_FLIP,        /* sub-stream: step; position: image in the batch */
    RNG_SHIFT,       /* sub-stream: step; position: 16 for each image in the batch */
    RNG_DROPOUT,     /* sub-stream: step; position: as op_dropout.c says */
    RNG_PRIOR,       /* sub-stream: picture; position: index of the code */
    RNG_NAMELESS,    /* sub-stream: step; position: image in the batch */
    RNG_HELD_OUT     /* sub-stream: crop */
};

typedef struct rng {
    uint64_t key;      /* the seed */
    uint32_t stream;   /* enum rng_stream */
    uint32_t sub;      /* sub-stream */
    uint64_t position; /* numbers of 32 bits drawn so far */
} rng;

/* The Philox4x32-10 block function: out[4] from counter[4] and key[2]. */
void philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

rng rng_make(uint64_t seed, enum rng_stream stream, uint32_t sub);
uint32_t rng_u32(rng *r);
uint32_t rng_below(rng *r, uint32_t n);           /* unbiased, in [0, n), n > 0 */
float rng_uniform(rng *r, float low, float high); /* in [low, high) */
float rng_normal(rng *r);                         /* mean 0, variance 1 */

/* Everything here is arithmetic alone, so the numbers are the same on every machine. */

#endif
