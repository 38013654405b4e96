/* SPDX-License-Identifier: MIT */
#include "image/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The five images whose local means SSIM is made of: a, b, a*a, b*b, a*b. */
#define MOMENTS 5
#define CHANNELS 4 /* R, G, B, Y */

double psnr_of(double mse)
{
    return mse > 0 ? 10 * log10(255.0 * 255.0 / mse) : (double)INFINITY;
}

uint64_t squared_error(const unsigned char *a, const unsigned char *b, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        int d = a[i] - b[i];
        sum += (uint64_t)(d * d);
    }
    return sum;
}

static void gaussian(float *g, int taps)
{
    double sum = 0, w[11];
    for (int i = 0; i < taps; i++) {
        double x = i - (taps - 1) / 2.0;
        w[i] = exp(-x * x / (2 * 1.5 * 1.5));
        sum += w[i];
    }
    for (int i = 0; i < taps; i++)
        g[i] = (float)(w[i] / sum);
}

/* Floats in one filtered row of one moment. */
static size_t filtered_count(const ssim *s)
{
    return (size_t)(s->width - s->taps_x + 1) * CHANNELS;
}

vq_status ssim_init(ssim *s, int width, int height, vq_error *err)
{
    *s = (ssim){.width = width, .height = height};
    s->taps_x = width < 11 ? width : 11;
    s->taps_y = height < 11 ? height : 11;
    gaussian(s->gauss_x, s->taps_x);
    gaussian(s->gauss_y, s->taps_y);
    size_t filtered = MOMENTS * filtered_count(s),
           row = MOMENTS * CHANNELS * (size_t)width;
    size_t total = filtered * (size_t)(s->taps_y + 1) + row;
    s->memory = malloc(total * sizeof *s->memory);
    if (!s->memory)
        return vq_fail_memory(err, total * sizeof *s->memory);
    s->ring = s->memory;
    s->column = s->ring + filtered * (size_t)s->taps_y;
    s->row = s->column + filtered;
    return VQ_OK;
}

void ssim_release(ssim *s)
{
    free(s->memory);
    *s = (ssim){0};
}

void ssim_restart(ssim *s)
{
    s->rows = 0;
    s->windows = 0;
    s->sum = 0;
    s->sum_luma = 0;
}

/* out[n] = sum over t of g[t] * in[t * step + i] */
static void filter(float *restrict out, size_t n, const float *g, int taps,
                   const float *restrict in, size_t step)
{
    for (size_t i = 0; i < n; i++)
        out[i] = g[0] * in[i];
    for (int t = 1; t < taps; t++) {
        const float *at = in + (size_t)t * step;
        float w = g[t];
        for (size_t i = 0; i < n; i++)
            out[i] += w * at[i];
    }
}

/* Add the index of every window whose last row is the newest. */
static void add_windows(ssim *s)
{
    const float c1 = (0.01f * 255) * (0.01f * 255), c2 = (0.03f * 255) * (0.03f * 255);
    size_t n = filtered_count(s);
    memset(s->column, 0, MOMENTS * n * sizeof *s->column);
    for (int t = 0; t < s->taps_y; t++) {
        int slot = (s->rows - s->taps_y + t) % s->taps_y;
        const float *at = s->ring + (size_t)slot * MOMENTS * n;
        float w = s->gauss_y[t];
        for (size_t i = 0; i < MOMENTS * n; i++)
            s->column[i] += w * at[i];
    }
    float *a = s->column;
    const float *b = a + n, *aa = b + n, *bb = aa + n, *ab = bb + n;
    for (size_t i = 0; i < n; i++) {
        /* moments are around 128, which keeps the differences of squares exact enough
         */
        float va = aa[i] - a[i] * a[i], vb = bb[i] - b[i] * b[i],
              vab = ab[i] - a[i] * b[i];
        float ma = a[i] + 128, mb = b[i] + 128;
        float top = (2 * ma * mb + c1) * (2 * vab + c2);
        float bottom = (ma * ma + mb * mb + c1) * (va + vb + c2);
        a[i] = top / bottom;
    }
    double sum = 0, sum_luma = 0;
    for (size_t i = 0; i < n; i += CHANNELS) {
        for (size_t ch = 0; ch < 3; ch++)
            sum += (double)a[i + ch];
        sum_luma += (double)a[i + 3];
    }
    s->sum += sum;
    s->sum_luma += sum_luma;
    s->windows += (int64_t)n / CHANNELS;
}

/* One channel of both pictures to the row of moments, around 128. */
static void put_sample(float *row, size_t w, float x, float y)
{
    row[0] = x;
    row[w] = y;
    row[2 * w] = x * x;
    row[3 * w] = y * y;
    row[4 * w] = x * y;
}

static float luma(const unsigned char *p)
{
    return 0.299f * (float)p[0] + 0.587f * (float)p[1] + 0.114f * (float)p[2];
}

void ssim_push(ssim *s, const unsigned char *a, const unsigned char *b)
{
    size_t n = filtered_count(s), w = (size_t)s->width * CHANNELS;
    for (size_t i = 0; i < w; i += CHANNELS, a += 3, b += 3) {
        for (size_t ch = 0; ch < 3; ch++)
            put_sample(s->row + i + ch, w, (float)a[ch] - 128, (float)b[ch] - 128);
        put_sample(s->row + i + 3, w, luma(a) - 128, luma(b) - 128);
    }
    float *out = s->ring + (size_t)(s->rows % s->taps_y) * MOMENTS * n;
    for (size_t m = 0; m < MOMENTS; m++)
        filter(out + m * n, n, s->gauss_x, s->taps_x, s->row + m * w, CHANNELS);
    s->rows++;
    if (s->rows >= s->taps_y)
        add_windows(s);
}

double ssim_mean(const ssim *s)
{
    return s->sum / (3 * (double)s->windows);
}

double ssim_luma(const ssim *s)
{
    return s->sum_luma / (double)s->windows;
}
