/*
 * SPDX-License-Identifier: MIT
 *
 * One pass of a descent on what the quantizer is given, over n values: see
 * codec/refine.h. Tested in tests/codec/test_refine.c.
 */
#ifndef VQ_CODEC_DESCENT_RULE_H
#define VQ_CODEC_DESCENT_RULE_H

#include <math.h>
#include <stddef.h>

/*
 * On the model in the box, 192 images, dB after 3 and 10 passes: first steps of .25,
 * .35 and .45 of |z - q| give 26.07 26.08 26.03 and 26.21 26.23 26.23; pulls of .05, .1
 * and .15, with .35, 25.86 26.03 26.08 and 26.17 26.23 26.22. Without a pull it fails.
 */
#define DESCENT_FIRST_STEP 0.35f
#define DESCENT_PULL 0.12f

/* Sums of squares of an image. */
typedef struct descent_scale {
    double pulls, slopes; /* of z - q, of the gradient */
} descent_scale;

static inline void descent_measure(descent_scale *s, const float *z, const float *q,
                                   const float *gradient, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        s->pulls += (double)(z[j] - q[j]) * (double)(z[j] - q[j]);
        s->slopes += (double)gradient[j] * (double)gradient[j];
    }
}

/* eta of the first pass. */
static inline float descent_eta(const descent_scale *s)
{
    return s->slopes > 0 ? DESCENT_FIRST_STEP * (float)sqrt(s->pulls / s->slopes) : 0;
}

/* The share of it that pass t of all of them takes. */
static inline float descent_share(int t, int passes)
{
    return 1 - (float)t / (float)(passes + 1);
}

static inline void descent_move(float *z, const float *q, const float *gradient,
                                size_t n, float eta)
{
    for (size_t j = 0; j < n; j++)
        z[j] -= eta * gradient[j] + DESCENT_PULL * (z[j] - q[j]);
}

#endif
