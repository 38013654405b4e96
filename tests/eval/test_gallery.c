/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <stdlib.h>
#include <string.h>

#include "data/files.h"
#include "eval/atlas.h"
#include "eval/gallery.h"
#include "network/drawn.h"
#include "tiny.h"

static void test_gallery__pick(void **state)
{
    (void)state;
    static const double error[] = {3, 1, 4, 1, 5, 9, 2, 6, 5,
                                   3, 5, 8, 9, 7, 9, 3, 2, 3};
    static const int largest[] = {5,  12, 14, 11, 13, 7,  4, 8,
                                  10, 2,  0,  9,  15, 17, 6, 16};
    static const int smallest[] = {1, 3, 6, 16, 0, 9,  15, 17,
                                   2, 4, 8, 10, 7, 13, 11, 5};
    int64_t image[GALLERY_IMAGES];
    assert_int_equal(gallery_pick(error, 18, true, image), 16);
    for (int i = 0; i < 16; i++)
        assert_int_equal(image[i], largest[i]);
    assert_int_equal(gallery_pick(error, 18, false, image), 16);
    for (int i = 0; i < 16; i++)
        assert_int_equal(image[i], smallest[i]);
    assert_int_equal(gallery_pick(error, 3, true, image), 3);
    assert_true(image[0] == 2 && image[1] == 0 && image[2] == 1);
}

/* A square of the grid, [side,side,3]; free(). */
static unsigned char *cell(const vq_image *grid, int row, int column, int side, int gap)
{
    unsigned char *rgb = malloc((size_t)3 * side * side);
    for (int y = 0; y < side; y++)
        memcpy(rgb + (size_t)3 * y * side,
               grid->rgb + 3 * ((size_t)(row * (side + gap) + y) * grid->width +
                                (size_t)column * (side + gap)),
               (size_t)3 * side);
    return rgb;
}

/* Ten images: eight and two, each above what encode and decode make of it. */
static void test_gallery__write(void **state)
{
    (void)state;
    enum { N = 10, SHOWN = 96 };
    char data[300];
    const char *path = in_folder("out.png");
    vq_error err;
    vq_image grid;
    codec c;
    dataset ds;
    int64_t image[N];
    network *net = network_drawn(tiny_config("sonnet"), NULL, NULL);
    tiny_data(folder_path(), 12, data);
    for (int i = 0; i < N; i++)
        image[i] = 11 - i;
    assert_ok(files_open(&ds, data, "", "test", &err), &err);
    assert_ok(codec_init(&c, net, 1, 0, &err), &err);
    assert_ok(gallery_write(&ds, &c, image, N, path, &err), &err);
    assert_ok(vq_image_read(&grid, path, &err), &err);
    assert_int_equal(grid.width, 8 * SHOWN + 7 * 3);
    assert_int_equal(grid.height, 4 * SHOWN + 3 * 3);
    for (int i = 0; i < N; i++) {
        unsigned char made[32 * 32 * 3], *was = tiny_picture(32, 32, 11 - i);
        int32_t index[64];
        codec_codes_view v = {index, 1, 8, 8, 0, 8};
        assert_ok(codec_encode(&c, was, 1, 32, 32, index, &err), &err);
        assert_ok(codec_decode(&c, v, made, NULL, &err), &err);
        unsigned char *above = cell(&grid, i / 8 * 2, i % 8, SHOWN, 3);
        unsigned char *below = cell(&grid, i / 8 * 2 + 1, i % 8, SHOWN, 3);
        for (int k = 0; k < SHOWN * SHOWN * 3; k++) {
            int at = (k / 3 / SHOWN / 3 * 32 + k / 3 % SHOWN / 3) * 3 + k % 3;
            assert_true(above[k] == was[at] && below[k] == made[at]);
        }
        free(above);
        free(below);
        free(was);
    }
    vq_image_release(&grid);
    dataset_close(&ds);
    codec_release(&c);
    network_drop(net);
}

/* What code `code` looks like in the middle of an area of 21 x 21. */
static void patch_of(codec *c, int code, unsigned char *rgb)
{
    enum { SIDE = 21 };
    int32_t index[SIDE * SIDE];
    vq_error err;
    int row = SIDE * c->scale, at = SIDE / 2 * c->scale;
    unsigned char *made = malloc((size_t)row * row * 3);
    for (int i = 0; i < SIDE * SIDE; i++)
        index[i] = code;
    codec_codes_view v = {index, 1, SIDE, SIDE, 0, SIDE};
    assert_ok(codec_decode(c, v, made, NULL, &err), &err);
    for (int y = 0; y < c->scale; y++)
        memcpy(rgb + (size_t)3 * y * c->scale, made + 3 * ((size_t)(at + y) * row + at),
               (size_t)3 * c->scale);
    free(made);
}

static void check_patch(codec *c, const vq_image *grid, int row, int column, int code)
{
    unsigned char want[8 * 8 * 3], *got = cell(grid, row, column, 24, 2);
    int zoom = 24 / c->scale;
    patch_of(c, code, want);
    for (int k = 0; k < 24 * 24 * 3; k++) {
        int at = (k / 3 / 24 / zoom * c->scale + k / 3 % 24 / zoom) * 3 + k % 3;
        int difference = got[k] - want[at];
        if (difference < -1 || difference > 1) /* sums in another order may round so */
            fail_msg("code %d at row %d, column %d: byte %d is %d, want %d", code, row,
                     column, k, got[k], want[at]);
    }
    free(got);
}

/* By use, ties by number; after a blank row the rest. The area is wide enough. */
static void test_gallery__atlas(void **state)
{
    (void)state;
    static const double count[16] = {[3] = 5, [0] = 5, [15] = 9, [7] = 1, [8] = 2};
    static const int want[16] = {15, 0, 3, 8, 7, 1, 2, 4, 5, 6, 9, 10, 11, 12, 13, 14};
    const char *path = in_folder("atlas.png");
    vq_error err;
    static const char *const scales[] = {"2", "4", "8"};
    for (int s = 0; s < 3; s++) {
        network *net = network_drawn(tiny_config("sonnet"), "downsample", scales[s]);
        codec c;
        vq_image grid;
        assert_ok(codec_init(&c, net, 2, 0, &err), &err);
        assert_ok(atlas_write(&c, count, path, &err), &err);
        assert_ok(vq_image_read(&grid, path, &err), &err);
        assert_int_equal(grid.width, 4 * 24 + 3 * 2);
        assert_int_equal(grid.height, 6 * 24 + 5 * 2); /* 2 rows, a blank one, 3 rows */
        for (int i = 0; i < 16; i++) {
            int at = i < 5 ? i : i - 5 + 12;
            check_patch(&c, &grid, at / 4, at % 4, want[i]);
        }
        unsigned char *blank = cell(&grid, 2, 1, 24, 2);
        for (int k = 0; k < 24 * 24 * 3; k++)
            assert_int_equal(blank[k], 255);
        free(blank);
        vq_image_release(&grid);
        codec_release(&c);
        network_drop(net);
    }
}

static void test_gallery__failed_allocations(void **state)
{
    (void)state;
    char data[300];
    const char *path = in_folder("out.png");
    static const double count[16] = {1};
    static const int64_t image[2] = {0, 1};
    vq_error err;
    codec c;
    dataset ds;
    network *net = network_drawn(tiny_config("sonnet"), NULL, NULL);
    tiny_data(folder_path(), 2, data);
    assert_ok(files_open(&ds, data, "", "test", &err), &err);
    assert_ok(codec_init(&c, net, 1, 0, &err), &err);
    for (int part = 0; part < 2; part++) {
        vq_status status = VQ_ENOMEM;
        int failures = 0;
        for (int at = 1; status != VQ_OK; at++) {
            support_alloc_fail_at(at);
            status = part ? atlas_write(&c, count, path, &err)
                          : gallery_write(&ds, &c, image, 2, path, &err);
            support_alloc_fail_at(0);
            failures += status != VQ_OK;
            assert_true(at < 1000);
        }
        assert_true(failures >= 4);
    }
    dataset_close(&ds);
    codec_release(&c);
    network_drop(net);
}

const struct CMUnitTest test_gallery_suite[] = {
    cmocka_unit_test(test_gallery__pick),
    folder_test(test_gallery__write),
    folder_test(test_gallery__atlas),
    folder_test(test_gallery__failed_allocations),
    {0},
};
