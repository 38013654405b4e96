/*
 * SPDX-License-Identifier: MIT
 *
 * The passes over memory between the convolutions. Code, included once per instruction
 * set: plain loops, which the compiler turns into the vectors that the set has. An
 * output may be an input, but must not overlap it otherwise.
 */
#ifndef VQ_TENSOR_ELEMENTS_H
#define VQ_TENSOR_ELEMENTS_H

#include <stdbool.h>
#include <stddef.h>

/* Each value depends on its own place alone, which aliasing hides from the compiler. */
#if defined __clang__
#define EACH _Pragma("clang loop vectorize(assume_safety)")
#else
#define EACH _Pragma("GCC ivdep")
#endif

static void elements_relu(const float *x, size_t n, float *y)
{
    EACH for (size_t i = 0; i < n; i++) y[i] = 0 > x[i] ? 0 : x[i];
}

/* dy is loaded before the choice: else gcc sees a branch a value, 35 times slower. */
static void elements_relu_grad(const float *y, const float *dy, size_t n, bool add,
                               float *dx)
{
    if (add)
        EACH for (size_t i = 0; i < n; i++)
        {
            float g = dy[i];
            dx[i] += y[i] <= 0 ? 0 : g;
        }
    else
        EACH for (size_t i = 0; i < n; i++)
        {
            float g = dy[i];
            dx[i] = y[i] <= 0 ? 0 : g;
        }
}

static void elements_add(const float *a, const float *b, size_t n, float *y)
{
    EACH for (size_t i = 0; i < n; i++) y[i] = a[i] + b[i];
}

#define SUM_CHANNELS 32
#define SUM_ROWS 64

/* total[j] += x[row,j] over some rows of up to SUM_CHANNELS columns. */
static inline void elements_add_rows(const float *x, size_t rows, size_t c,
                                     size_t width, double *total)
{
    float part[SUM_CHANNELS] = {0};
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < width; j++)
            part[j] += x[i * c + j];
    for (size_t j = 0; j < width; j++)
        total[j] += (double)part[j];
}

static void elements_add_columns(const float *x, size_t rows, size_t c, float *sum)
{
    for (size_t first = 0; first < c; first += SUM_CHANNELS) {
        size_t width = c - first < SUM_CHANNELS ? c - first : SUM_CHANNELS;
        double total[SUM_CHANNELS] = {0};
        for (size_t row = 0; row < rows; row += SUM_ROWS) {
            const float *from = x + row * c + first;
            size_t n = rows - row < SUM_ROWS ? rows - row : SUM_ROWS;
            if (width == SUM_CHANNELS)
                elements_add_rows(from, n, c, SUM_CHANNELS, total);
            else
                elements_add_rows(from, n, c, width, total);
        }
        for (size_t j = 0; j < width; j++)
            sum[first + j] += (float)total[j];
    }
}

#endif
