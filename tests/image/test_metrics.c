/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdlib.h>

#include "image/metrics.h"

static unsigned char *picture(int width, int height, int salt)
{
    unsigned char *rgb = malloc((size_t)width * height * 3), *p = rgb;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++)
                *p++ = (unsigned char)(x * (7 + c) + y * (11 - c) +
                                       (x * y * (salt + 1)) % 31 + 13 * salt);
    return rgb;
}

typedef struct pair {
    double rgb, luma;
} pair;

static pair ssim_of(const unsigned char *a, const unsigned char *b, int width,
                    int height)
{
    ssim s;
    vq_error err;
    assert_ok(ssim_init(&s, width, height, &err), &err);
    for (int y = 0; y < height; y++)
        ssim_push(&s, a + (size_t)y * width * 3, b + (size_t)y * width * 3);
    pair mean = {ssim_mean(&s), ssim_luma(&s)};
    ssim_release(&s);
    return mean;
}

/* Figures of scikit-image, printed by make_metrics.py. */
static const struct {
    int width, height, salt;
    double ssim, luma, psnr;
} golden[] = {
    {32, 32, 1, 0.640223851, 0.700900658, 12.980030676},
    {32, 32, 2, 0.443242338, 0.458137054, 10.264304981},
    {11, 11, 1, 0.906669970, 0.906477459, 24.109824782},
    {11, 11, 2, 0.879424922, 0.879203959, 18.403383278},
    {45, 17, 1, 0.666434316, 0.739853873, 13.895557938},
    {45, 17, 2, 0.474877356, 0.490352524, 10.899574980},
};

static void test_metrics__scikit_image(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++) {
        int w = golden[i].width, h = golden[i].height;
        unsigned char *a = picture(w, h, 0), *b = picture(w, h, golden[i].salt);
        size_t n = (size_t)w * h * 3;
        pair mean = ssim_of(a, b, w, h);
        float got[3] = {(float)mean.rgb, (float)mean.luma,
                        (float)psnr_of((double)squared_error(a, b, n) / (double)n)};
        float want[3] = {(float)golden[i].ssim, (float)golden[i].luma,
                         (float)golden[i].psnr};
        assert_close(got, want, 2, 2e-6, 0);
        assert_close(got + 2, want + 2, 1, 1e-5, 0);
        free(a);
        free(b);
    }
}

static void test_metrics__equal_pictures(void **state)
{
    (void)state;
    for (int side = 1; side < 14; side++) {
        unsigned char *a = picture(side, side, 0);
        assert_true(fabs(ssim_of(a, a, side, side).rgb - 1) < 1e-6);
        assert_true(fabs(ssim_of(a, a, side, side).luma - 1) < 1e-6);
        assert_int_equal(squared_error(a, a, (size_t)side * side * 3), 0);
        free(a);
    }
    assert_true(isinf(psnr_of(0)) && psnr_of(0) > 0);
}

static void test_metrics__restart_forgets(void **state)
{
    (void)state;
    unsigned char *a = picture(20, 15, 0), *b = picture(20, 15, 1);
    ssim s;
    vq_error err;
    assert_ok(ssim_init(&s, 20, 15, &err), &err);
    double first = 0;
    for (int round = 0; round < 2; round++) {
        ssim_restart(&s);
        for (size_t y = 0; y < 15; y++)
            ssim_push(&s, a + y * 60, b + y * 60);
        if (round == 0)
            first = ssim_mean(&s);
    }
    assert_true(first == ssim_mean(&s));
    assert_true(first < 0.999);
    ssim_release(&s);
    free(a);
    free(b);
}

static void test_metrics__failed_allocation(void **state)
{
    (void)state;
    ssim s;
    vq_error err;
    support_alloc_fail_at(1);
    assert_fails(ssim_init(&s, 100, 100, &err), VQ_ENOMEM, &err, "out of memory");
    ssim_release(&s);
}

const struct CMUnitTest test_metrics_suite[] = {
    cmocka_unit_test(test_metrics__scikit_image),
    cmocka_unit_test(test_metrics__equal_pictures),
    cmocka_unit_test(test_metrics__restart_forgets),
    cmocka_unit_test(test_metrics__failed_allocation),
    {0},
};
