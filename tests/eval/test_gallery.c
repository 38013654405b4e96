/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <math.h>
#include <stdio.h>
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

/* A square of the picture, [side,side,3]; free(). */
static unsigned char *cut(const vq_image *page, int x, int y, int side)
{
    unsigned char *rgb = malloc((size_t)3 * side * side);
    for (int row = 0; row < side; row++)
        memcpy(rgb + (size_t)3 * row * side,
               page->rgb + 3 * ((size_t)(y + row) * page->width + x), (size_t)3 * side);
    return rgb;
}

/* Fail unless the text stands there, on white, and nothing else as far as `width`. */
static void check_label(const vq_image *page, int x, int y, int width, int shade,
                        const char *text)
{
    const size_t row = (size_t)3 * width;
    vq_image want = {.width = width, .height = LABEL_HEIGHT};
    want.rgb = malloc(row * LABEL_HEIGHT);
    memset(want.rgb, 255, row * LABEL_HEIGHT);
    label_draw(&want, 0, 0, (unsigned char)shade, text);
    for (int i = 0; i < LABEL_HEIGHT; i++)
        if (memcmp(want.rgb + (size_t)i * row,
                   page->rgb + 3 * ((size_t)(y + i) * page->width + x), row) != 0)
            fail_msg("'%s' is not at %d, %d, row %d", text, x, y, i);
    vq_image_release(&want);
}

/* Ten images: eight and two, each above what encode and decode make of it, its name and
 * its PSNR; all of them below the heading. */
static void test_gallery__write(void **state)
{
    (void)state;
    enum { N = 10, SHOWN = 96, TOP = LABEL_HEIGHT + 8 };
    char data[300];
    const char *path = in_folder("out.png");
    double error[12];
    vq_error err;
    vq_image page;
    codec c;
    dataset ds;
    gallery g = {.n = N, .error = error, .heading = "ten of them"};
    network *net = network_drawn(tiny_config("sonnet"), NULL, NULL);
    tiny_data(folder_path(), 12, data);
    for (int i = 0; i < 12; i++)
        error[i] = 255 * 255 / pow(10, i + 0.125);
    for (int i = 0; i < N; i++)
        g.image[i] = 11 - i;
    assert_ok(files_open(&ds, data, "", "test", &err), &err);
    assert_ok(codec_init(&c, net, 1, 0, &err), &err);
    assert_ok(gallery_write(&ds, &c, &g, path, &err), &err);
    assert_ok(vq_image_read(&page, path, &err), &err);
    const int tall = GALLERY_CELL_HEIGHT(SHOWN);
    assert_int_equal(page.width, 8 * SHOWN + 7 * GALLERY_GAP);
    assert_int_equal(page.height, TOP + 2 * tall + GALLERY_GAP);
    check_label(&page, 4, 4, 11 * LABEL_WIDTH, 0, "ten of them");
    for (int i = 0; i < N; i++) {
        char text[32];
        unsigned char made[32 * 32 * 3], *was = tiny_picture(32, 32, 11 - i);
        int32_t index[64];
        codec_codes_view v = {index, 1, 8, 8, 0, 8};
        assert_ok(codec_encode(&c, was, 1, 32, 32, index, &err), &err);
        assert_ok(codec_decode(&c, v, made, NULL, &err), &err);
        const int x = i % 8 * (SHOWN + GALLERY_GAP);
        const int y = TOP + i / 8 * (tall + GALLERY_GAP);
        unsigned char *above = cut(&page, x, y, SHOWN);
        unsigned char *below = cut(&page, x, y + SHOWN + GALLERY_GAP, SHOWN);
        for (int k = 0; k < SHOWN * SHOWN * 3; k++) {
            int at = (k / 3 / SHOWN / 3 * 32 + k / 3 % SHOWN / 3) * 3 + k % 3;
            assert_true(above[k] == was[at] && below[k] == made[at]);
        }
        snprintf(text, sizeof text, "picture %d", 11 - i);
        check_label(&page, x, y + tall - 2 * LABEL_HEIGHT, SHOWN, 0, text);
        snprintf(text, sizeof text, "%.2f dB", 10 * (11 - i + 0.125));
        check_label(&page, x, y + tall - LABEL_HEIGHT, SHOWN, 0, text);
        free(above);
        free(below);
        free(was);
    }
    vq_image_release(&page);
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

/* A cell of the atlas whose part has its heading at row `top`: patch, number, use. */
static void check_cell(codec *c, const vq_image *page, int top, int at, int code,
                       int count)
{
    enum { SIDE = ATLAS_PATCH };
    const int x = at % 16 * ATLAS_CELL_WIDTH;
    const int y = top + ATLAS_HEADING + at / 16 * ATLAS_CELL_HEIGHT;
    unsigned char want[8 * 8 * 3],
        *got = cut(page, x + ATLAS_FRAME, y + ATLAS_FRAME, SIDE);
    const int zoom = SIDE / c->scale;
    char text[16] = "";
    patch_of(c, code, want);
    for (int k = 0; k < SIDE * SIDE * 3; k++) {
        int of = (k / 3 / SIDE / zoom * c->scale + k / 3 % SIDE / zoom) * 3 + k % 3;
        int difference = got[k] - want[of];
        if (difference < -1 || difference > 1) /* sums in another order may round so */
            fail_msg("code %d at %d, %d: byte %d is %d, want %d", code, x, y, k, got[k],
                     want[of]);
    }
    free(got);
    if (count)
        snprintf(text, sizeof text, "%d", count);
    const int below = y + SIDE + 2 * ATLAS_FRAME + 1;
    check_label(page, x, below + LABEL_HEIGHT, ATLAS_CELL_WIDTH, 110, text);
    snprintf(text, sizeof text, "%d", code);
    check_label(page, x, below, ATLAS_CELL_WIDTH, 0, text);
}

/* By use, ties by number; the rest under a heading. The area is wide enough. */
static void test_gallery__atlas(void **state)
{
    (void)state;
    static const double count[16] = {[3] = 5, [0] = 5, [15] = 9, [7] = 1, [8] = 2};
    static const int want[16] = {15, 0, 3, 8, 7, 1, 2, 4, 5, 6, 9, 10, 11, 12, 13, 14};
    const char *path = in_folder("atlas.png");
    const int part = ATLAS_HEADING + ATLAS_CELL_HEIGHT;
    vq_error err;
    static const char *const scales[] = {"2", "4", "8"};
    for (int s = 0; s < 3; s++) {
        network *net = network_drawn(tiny_config("sonnet"), "downsample", scales[s]);
        codec c;
        vq_image page;
        assert_ok(codec_init(&c, net, 2, 0, &err), &err);
        assert_ok(atlas_write(&c, count, path, &err), &err);
        assert_ok(vq_image_read(&page, path, &err), &err);
        assert_int_equal(page.width, 16 * ATLAS_CELL_WIDTH);
        assert_int_equal(page.height, 2 * part);
        check_label(&page, 0, 6, page.width, 0,
                    "5 of 16 codes used; number, times used");
        check_label(&page, 0, part + 6, page.width, 0, "11 codes not used");
        for (int i = 0; i < 16; i++)
            check_cell(&c, &page, i < 5 ? 0 : part, i < 5 ? i : i - 5, want[i],
                       (int)count[want[i]]);
        vq_image_release(&page);
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
    const gallery g = {{0, 1}, 2, count, "two"};
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
                          : gallery_write(&ds, &c, &g, path, &err);
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
