/*
 * SPDX-License-Identifier: MIT
 *
 * data/demo.png, the picture of `make demo`: the first 32 built-in test images, 8 in a
 * row. This is its generator, too: where the picture is not what shapes_image draws,
 * the right one is left in build/demo.png.
 */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "data/shapes.h"

enum { ROWS = 4, COLUMNS = 8, IMAGES = ROWS * COLUMNS };

static void draw(vq_image *grid)
{
    static unsigned char rgb[IMAGES][SHAPES_PIXELS];
    vq_image images[IMAGES];
    vq_error err;
    for (int i = 0; i < IMAGES; i++) {
        shapes_image(true, i, rgb[i]);
        images[i] =
            (vq_image){.width = SHAPES_SIDE, .height = SHAPES_SIDE, .rgb = rgb[i]};
    }
    assert_ok(vq_image_grid(grid, images, IMAGES, COLUMNS, 0, &err), &err);
}

static void test_demo_picture__is_shapes(void **state)
{
    (void)state;
    vq_image drawn, file = {0};
    vq_error err;
    draw(&drawn);
    size_t size = (size_t)drawn.width * drawn.height * 3;
    vq_status status = vq_image_read(&file, "data/demo.png", &err);
    bool same = status == VQ_OK && file.width == drawn.width &&
                file.height == drawn.height && memcmp(file.rgb, drawn.rgb, size) == 0;
    if (!same) {
        assert_ok(vq_image_write(&drawn, "build/demo.png", &err), &err);
        fail_msg("data/demo.png is not what shapes draws; build/demo.png is");
    }
    vq_image_release(&drawn);
    vq_image_release(&file);
}

const struct CMUnitTest test_demo_picture_suite[] = {
    cmocka_unit_test(test_demo_picture__is_shapes),
    {0},
};
