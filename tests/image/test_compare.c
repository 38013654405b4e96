/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <math.h>
#include <stdlib.h>

#include "image/metrics.h"
#include "tiny.h"

static vq_image picture(int width, int height, int salt)
{
    return (vq_image){width, height, tiny_picture(width, height, salt), false};
}

/* The figures of the rooms below, and the largest difference where there is one. */
static void test_compare__figures(void **state)
{
    (void)state;
    vq_image a = picture(20, 14, 1), b = picture(20, 14, 1);
    vq_comparison c;
    vq_error err;
    assert_ok(vq_compare(&a, &b, &c, &err), &err);
    assert_true(isinf(c.psnr) && c.mse == 0 && c.largest == 0);
    assert_true(c.ssim == 1 && c.ssim_luma == 1);

    a.rgb[100] = 200;
    b.rgb[100] = 150;
    b.rgb[20 * 14 * 3 - 1] = (unsigned char)(a.rgb[20 * 14 * 3 - 1] ^ 1);
    assert_ok(vq_compare(&a, &b, &c, &err), &err);
    assert_int_equal(c.largest, 50);
    assert_true(c.mse == (50 * 50 + 1) / (20.0 * 14 * 3));
    assert_true(c.psnr == psnr_of(c.mse));
    assert_true(c.ssim < 1 && c.ssim > 0.5 && c.ssim != c.ssim_luma);
    b.rgb[0] = (unsigned char)(a.rgb[0] ^ 128);
    assert_ok(vq_compare(&a, &b, &c, &err), &err);
    assert_int_equal(c.largest, 128);
    vq_image_release(&a);
    vq_image_release(&b);
}

/* b - a around gray, larger by the gain, within what a byte holds. */
static void test_compare__difference(void **state)
{
    (void)state;
    vq_image a = picture(8, 8, 1), b = picture(8, 8, 1), d;
    vq_error err;
    static const unsigned char was[] = {10, 10, 10, 200}, is[] = {10, 13, 7, 100};
    static const unsigned char want[2][4] = {{128, 131, 125, 28}, {128, 140, 116, 0}};
    for (int i = 0; i < 4; i++) {
        a.rgb[i] = was[i];
        b.rgb[i] = is[i];
    }
    for (int k = 0; k < 2; k++) {
        assert_ok(vq_difference(&a, &b, k ? 4 : 1, &d, &err), &err);
        assert_true(d.width == 8 && d.height == 8);
        assert_memory_equal(d.rgb, want[k], 4);
        vq_image_release(&d);
    }
    vq_image_release(&a);
    vq_image_release(&b);
}

static void test_compare__sizes(void **state)
{
    (void)state;
    vq_image a = picture(8, 9, 1), b = picture(9, 8, 1), d;
    vq_comparison c;
    vq_error err;
    assert_fails(vq_compare(&a, &b, &c, &err), VQ_EINPUT, &err, "8 x 9 and 9 x 8");
    assert_fails(vq_difference(&a, &b, 1, &d, &err), VQ_EINPUT, &err,
                 "8 x 9 and 9 x 8");
    vq_image_release(&a);
    vq_image_release(&b);
}

const struct CMUnitTest test_compare_suite[] = {
    cmocka_unit_test(test_compare__figures),
    cmocka_unit_test(test_compare__difference),
    cmocka_unit_test(test_compare__sizes),
    {0},
};
