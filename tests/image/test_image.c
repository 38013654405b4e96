/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "image/image.h"

static vq_error err;

static void test_image__grid(void **state)
{
    (void)state;
    unsigned char a[6] = {1, 2, 3, 4, 5, 6}, b[6] = {7, 8, 9, 10, 11, 12},
                  c[6] = {13, 14, 15, 16, 17, 18};
    vq_image images[3] = {{.width = 2, .height = 1, .rgb = a, .gray = true},
                          {.width = 2, .height = 1, .rgb = b, .gray = true},
                          {.width = 2, .height = 1, .rgb = c}},
             grid;
    assert_ok(vq_image_grid(&grid, images, 3, 2, 1, &err), &err);
    assert_int_equal(grid.width, 5);
    assert_int_equal(grid.height, 3);
    static const unsigned char want[] = {
        1,   2,   3,   4,   5,   6,   255, 255, 255, 7,   8,   9,   10,  11,  12,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        13,  14,  15,  16,  17,  18,  255, 255, 255, 255, 255, 255, 255, 255, 255,
    };
    assert_memory_equal(grid.rgb, want, sizeof want);
    assert_false(grid.gray);
    vq_image_release(&grid);
    assert_ok(vq_image_grid(&grid, images, 2, 2, 1, &err), &err);
    assert_true(grid.gray); /* all of the first two are */
    vq_image_release(&grid);
    assert_null(grid.rgb);
    vq_image_release(&grid);
    assert_ok(vq_image_grid(&grid, images, 3, 100, 0, &err), &err);
    assert_int_equal(grid.width, 6);
    assert_int_equal(grid.height, 1);
    vq_image_release(&grid);
    const vq_image tall[2] = {{.width = 1, .height = 2, .rgb = a},
                              {.width = 1, .height = 2, .rgb = b}};
    assert_ok(vq_image_grid(&grid, tall, 2, 2, 0, &err), &err);
    static const unsigned char rows[] = {1, 2, 3, 7, 8, 9, 4, 5, 6, 10, 11, 12};
    assert_memory_equal(grid.rgb, rows, sizeof rows);
    vq_image_release(&grid);
}

static void test_image__grid_errors(void **state)
{
    (void)state;
    unsigned char px[12] = {0};
    vq_image two[2] = {{.width = 2, .height = 1, .rgb = px},
                       {.width = 1, .height = 2, .rgb = px}},
             grid;
    vq_image huge = {.width = 1 << 20, .height = 1 << 8, .rgb = px}, empty = {0};
    assert_fails(vq_image_grid(&grid, two, 2, 2, 0, &err), VQ_EINPUT, &err,
                 "image 1 has 1 x 2 pixels, image 0 has 2 x 1");
    assert_true(grid.width == 0 && grid.height == 0 && !grid.rgb);
    assert_fails(vq_image_grid(&grid, two, 0, 1, 0, &err), VQ_EINPUT, &err,
                 "cannot lay out 0 images in 1 columns, gap 0");
    assert_fails(vq_image_grid(&grid, two, 1, 0, 0, &err), VQ_EINPUT, &err,
                 "0 columns");
    assert_fails(vq_image_grid(&grid, two, 1, 1, -1, &err), VQ_EINPUT, &err, "gap -1");
    assert_fails(vq_image_grid(&grid, &empty, 1, 1, 9, &err), VQ_EINPUT, &err, "empty");
    support_alloc_fail_at(1); /* as many pixels as there may be */
    assert_fails(vq_image_grid(&grid, &huge, 1, 1, 0, &err), VQ_ENOMEM, &err,
                 "805306368 bytes");
    vq_image pair[2] = {huge, huge};
    assert_fails(vq_image_grid(&grid, pair, 2, 2, 0, &err), VQ_EINPUT, &err,
                 "larger than 268435456 pixels");
    assert_fails(vq_image_grid(&grid, pair, 2, 1, 0x7fffffff, &err), VQ_EINPUT, &err,
                 "larger than 268435456 pixels");
    support_alloc_fail_at(1);
    assert_fails(vq_image_grid(&grid, two, 1, 1, 0, &err), VQ_ENOMEM, &err, "6 bytes");
    assert_null(grid.rgb);
}

/* The nearest whole number to the mean, of every sum of three bytes. */
static void test_image__make_gray(void **state)
{
    (void)state;
    for (int sum = 0; sum <= 3 * 255; sum++) {
        const int r = sum < 255 ? sum : 255, g = sum - r < 255 ? sum - r : 255;
        unsigned char p[5] = {(unsigned char)g, (unsigned char)r,
                              (unsigned char)(sum - r - g), 77, 78};
        image_make_gray(p, 1);
        assert_true(p[0] == p[1] && p[1] == p[2] && p[3] == 77);
        assert_true(abs(3 * p[0] - sum) <= 1);
    }
}

/* Small sides become about 96 pixels; the source is a square of a wider picture. */
static void test_image__enlarge(void **state)
{
    (void)state;
    enum { SIDE = 2, STRIDE = 5, ZOOM = 3 };
    unsigned char from[SIDE * STRIDE * 3], to[SIDE * ZOOM * SIDE * ZOOM * 3 + 1];
    assert_int_equal(image_zoom(1), 96);
    assert_int_equal(image_zoom(32), 3);
    assert_int_equal(image_zoom(48), 2);
    assert_int_equal(image_zoom(500), 1);
    for (size_t i = 0; i < sizeof from; i++)
        from[i] = (unsigned char)(7 * i);
    memset(to, 1, sizeof to);
    image_enlarge(from, SIDE, STRIDE, ZOOM, to);
    for (int y = 0; y < SIDE * ZOOM; y++)
        for (int x = 0; x < SIDE * ZOOM; x++)
            assert_memory_equal(to + (y * SIDE * ZOOM + x) * 3,
                                from + (y / ZOOM * STRIDE + x / ZOOM) * 3, 3);
    assert_int_equal(to[sizeof to - 1], 1);
}

const struct CMUnitTest test_image_suite[] = {
    cmocka_unit_test(test_image__grid),
    cmocka_unit_test(test_image__grid_errors),
    cmocka_unit_test(test_image__make_gray),
    cmocka_unit_test(test_image__enlarge),
    {0},
};
