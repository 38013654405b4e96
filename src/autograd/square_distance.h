/*
 * SPDX-License-Identifier: MIT
 *
 * Sums of squares: what both losses and the gradient's norm are made of. Tested through
 * test_op_mse.c and test_stepper.c.
 */
#ifndef VQ_AUTOGRAD_SQUARE_DISTANCE_H
#define VQ_AUTOGRAD_SQUARE_DISTANCE_H

#include <stddef.h>

/* sum (a[i] - b[i])^2 in double, in eight lanes of a fixed order that vectorise. */
static inline double square_distance(const float *a, const float *b, size_t n)
{
    double lane[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int j = 0; j < 8; j++) {
            double d = (double)(a[i + j] - b[i + j]);
            lane[j] += d * d;
        }
    for (; i < n; i++) {
        double d = (double)(a[i] - b[i]);
        lane[0] += d * d;
    }
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
           ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

/* sum a[i]^2, likewise. */
static inline double square_sum(const float *a, size_t n)
{
    double lane[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int j = 0; j < 8; j++)
            lane[j] += (double)a[i + j] * (double)a[i + j];
    for (; i < n; i++)
        lane[0] += (double)a[i] * (double)a[i];
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
           ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

#endif
