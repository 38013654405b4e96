/*
 * SPDX-License-Identifier: MIT
 *
 * What a gated network of codes does between its products: the gate of two halves, and
 * sums of exponentials. Code, included once per instruction set: plain loops, which the
 * compiler turns into the vectors that the set has, and which give the same bits at
 * every one of them.
 */
#ifndef VQ_TENSOR_GATE_H
#define VQ_TENSOR_GATE_H

#include <stdbool.h>
#include <stddef.h>

#include "tensor/elements.h"
#include "tensor/exact.h"

/* One row: a = tanh(x[0,c) + bias), b = sigmoid of the other half, y = a b. */
static inline void gate_row(const float *x, const float *bias, size_t c, float *a,
                            float *b, float *y)
{
    if (bias)
        EACH for (size_t i = 0; i < c; i++)
        {
            a[i] = exact_tanh(x[i] + bias[i]);
            b[i] = exact_sigmoid(x[c + i] + bias[c + i]);
            y[i] = a[i] * b[i];
        }
    else
        EACH for (size_t i = 0; i < c; i++)
        {
            a[i] = exact_tanh(x[i]);
            b[i] = exact_sigmoid(x[c + i]);
            y[i] = a[i] * b[i];
        }
}

static void gate_apply(const float *x, const float *bias, size_t rows, size_t c,
                       float *factors, float *y)
{
    for (size_t row = 0; row < rows; row++, x += 2 * c, factors += 2 * c, y += c)
        gate_row(x, bias, c, factors, factors + c, y);
}

/* With a and b the factors: da = dy b (1 - a^2), db = dy a b (1 - b). */
static void gate_grad(const float *factors, const float *dy, size_t rows, size_t c,
                      bool add, float *dx)
{
    for (size_t row = 0; row < rows; row++, factors += 2 * c, dy += c, dx += 2 * c)
        if (add)
            EACH for (size_t i = 0; i < c; i++)
            {
                float a = factors[i], b = factors[c + i], g = dy[i] * b;
                dx[i] += g * (1 - a * a);
                dx[c + i] += g * a * (1 - b);
            }
        else
            EACH for (size_t i = 0; i < c; i++)
            {
                float a = factors[i], b = factors[c + i], g = dy[i] * b;
                dx[i] = g * (1 - a * a);
                dx[c + i] = g * a * (1 - b);
            }
}

#define SUM_LANES 16 /* partial sums: of every 16th value, at any width of a vector */

static float exponentials_max(const float *x, size_t n)
{
    float most[SUM_LANES], all;
    size_t i = 0;
    for (size_t j = 0; j < SUM_LANES; j++)
        most[j] = x[j < n ? j : 0];
    for (; i + SUM_LANES <= n; i += SUM_LANES)
        EACH for (size_t j = 0; j < SUM_LANES; j++) most[j] =
            x[i + j] > most[j] ? x[i + j] : most[j];
    for (all = most[0]; i < n; i++)
        all = x[i] > all ? x[i] : all;
    for (size_t j = 1; j < SUM_LANES; j++)
        all = most[j] > all ? most[j] : all;
    return all;
}

static double exponentials_sum(const float *x, size_t n, float shift)
{
    float part[SUM_LANES] = {0};
    double sum = 0;
    size_t i = 0;
    for (; i + SUM_LANES <= n; i += SUM_LANES)
        EACH for (size_t j = 0; j < SUM_LANES; j++) part[j] +=
            exact_exp(x[i + j] - shift);
    for (; i < n; i++)
        sum += (double)exact_exp(x[i] - shift);
    for (size_t j = 0; j < SUM_LANES; j++)
        sum += (double)part[j];
    return sum;
}

static void exponentials(const float *x, size_t n, float shift, float factor, bool add,
                         float *y)
{
    if (add)
        EACH for (size_t i = 0; i < n; i++) y[i] += factor * exact_exp(x[i] - shift);
    else
        EACH for (size_t i = 0; i < n; i++) y[i] = factor * exact_exp(x[i] - shift);
}

#endif
