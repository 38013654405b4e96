/* SPDX-License-Identifier: MIT
 *
 * Two pictures beside one another: vq_compare and vq_difference. Tested in
 * tests/image/test_compare.c.
 */
#include <stdlib.h>

#include "image/metrics.h"

static vq_status check_sizes(const vq_image *a, const vq_image *b, vq_error *err)
{
    if (a->width == b->width && a->height == b->height)
        return VQ_OK;
    return vq_fail(err, VQ_EINPUT,
                   "pictures of one size are compared, not %d x %d and %d x %d pixels",
                   a->width, a->height, b->width, b->height);
}

/* The largest difference of n samples. */
static int largest_of(const unsigned char *a, const unsigned char *b, size_t n)
{
    int largest = 0;
    for (size_t i = 0; i < n; i++) {
        const int away = abs((int)b[i] - (int)a[i]);
        largest = away > largest ? away : largest;
    }
    return largest;
}

vq_status vq_compare(const vq_image *a, const vq_image *b, vq_comparison *result,
                     vq_error *err)
{
    ssim s = {0};
    vq_status status;
    TRY(check_sizes(a, b, err));
    TRY(ssim_init(&s, a->width, a->height, err));
    const size_t row = (size_t)a->width * 3, all = row * (size_t)a->height;
    for (int y = 0; y < a->height; y++)
        ssim_push(&s, a->rgb + y * row, b->rgb + y * row);
    result->mse = (double)squared_error(a->rgb, b->rgb, all) / (double)all;
    result->psnr = psnr_of(result->mse);
    result->ssim = ssim_mean(&s);
    result->ssim_luma = ssim_luma(&s);
    result->largest = largest_of(a->rgb, b->rgb, all);
out:
    ssim_release(&s);
    return status;
}

vq_status vq_difference(const vq_image *a, const vq_image *b, int gain,
                        vq_image *difference, vq_error *err)
{
    enum { MIDDLE = 128, MOST = 255 };
    vq_status status = check_sizes(a, b, err);
    *difference = (vq_image){0};
    if (status != VQ_OK)
        return status;
    const size_t all = (size_t)a->width * (size_t)a->height * 3;
    unsigned char *rgb = malloc(all);
    if (!rgb)
        return vq_fail_memory(err, all);
    for (size_t i = 0; i < all; i++) {
        const int64_t v = MIDDLE + (int64_t)gain * ((int)b->rgb[i] - (int)a->rgb[i]);
        rgb[i] = (unsigned char)(v < 0 ? 0 : v > MOST ? MOST : v);
    }
    *difference = (vq_image){a->width, a->height, rgb, a->gray && b->gray};
    return VQ_OK;
}
