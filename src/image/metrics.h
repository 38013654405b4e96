/*
 * SPDX-License-Identifier: MIT
 *
 * Image quality on 8-bit pixels, row by row so that pictures of any height need a fixed
 * number of rows. Tested in tests/image/test_metrics.c against scikit-image's figures.
 */
#ifndef VQ_IMAGE_METRICS_H
#define VQ_IMAGE_METRICS_H

#include <stdint.h>

#include "base/status.h"

/* PSNR in dB of a mean squared error of 8-bit samples; infinite for 0. */
double psnr_of(double mse);

/*
 * SSIM (Wang et al. 2004): 11x11 Gaussian window with sigma 1.5, K1 .01, K2 .03, L 255,
 * mean over the windows that lie inside. Measured of R, G and B, whose mean is taken,
 * and of luma, Y = .299 R + .587 G + .114 B (ITU-R BT.601), which is not rounded.
 * Pictures with a side under 11 use one window of their own size on that axis.
 */
typedef struct ssim {
    int width, height;
    int taps_x, taps_y; /* window, at most 11 */
    float gauss_x[11], gauss_y[11];
    int rows; /* pushed so far */
    double sum, sum_luma;
    int64_t windows; /* times 3 channels in sum, once in sum_luma */
    float *memory;   /* owned */
    float *ring;     /* [taps_y][5][(width - taps_x + 1) * 4] filtered rows */
    float *row;      /* [5][width * 4]: R, G, B, Y */
    float *column;   /* [5][(width - taps_x + 1) * 4] */
} ssim;

vq_status ssim_init(ssim *s, int width, int height, vq_error *err);
void ssim_release(ssim *s);
void ssim_restart(ssim *s); /* for another picture of the same size */

/* The next row of both pictures, RGB bytes [width, 3]. */
void ssim_push(ssim *s, const unsigned char *a, const unsigned char *b);

/* After height rows: the mean of R, G and B, and luma. */
double ssim_mean(const ssim *s);
double ssim_luma(const ssim *s);

/* Sum of squared differences of n bytes, exact. */
uint64_t squared_error(const unsigned char *a, const unsigned char *b, size_t n);

#endif
