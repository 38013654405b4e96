/*
 * SPDX-License-Identifier: MIT
 *
 * k-means by Lloyd's iterations (Lloyd 1982, "Least squares quantization in PCM"), from
 * distinct rows drawn at random. Tested in tests/train/test_kmeans.c.
 */
#ifndef VQ_TRAIN_KMEANS_H
#define VQ_TRAIN_KMEANS_H

#include "base/rng.h"
#include "base/status.h"

#define KMEANS_ITERATIONS 10

typedef struct kmeans {
    const float *rows; /* [n,d], n >= 1 */
    size_t n;
    int k, d;
    bool unit;      /* means are brought to unit length, where they have a direction */
    int iterations; /* of assigning and averaging */
    int threads;    /* the result is the same at any number */

    float *codes;   /* out [k,d] */
    int32_t *index; /* out [n]: the code that each row is nearest to */
    float *count;   /* out [k]: rows of each code */
} kmeans;

/*
 * Draws from *r. A code that loses its rows stays where it was; with n < k the codes
 * beyond the n-th repeat rows. VQ_ENOMEM.
 */
vq_status kmeans_run(const kmeans *km, rng *r, vq_error *err);

/* Draw n distinct numbers of [0, of) into pick [of], whose first n they are; n <= of.
 */
void kmeans_draw(rng *r, int32_t *pick, uint32_t n, uint32_t of);

#endif
