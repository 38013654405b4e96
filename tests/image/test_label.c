/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "image/label.h"

static vq_image white(int width, int height)
{
    const size_t bytes = (size_t)3 * width * height;
    vq_image image = {.width = width, .height = height, .rgb = malloc(bytes)};
    assert_non_null(image.rgb);
    memset(image.rgb, 255, bytes);
    return image;
}

/* Fail unless the picture's pixels are those of the rows, '#' being of that shade. */
static void check(const vq_image *image, int shade, const char *const *rows)
{
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++)
            for (int k = 0; k < 3; k++) {
                const int want = rows[y][x] == '#' ? shade : 255;
                const int got = image->rgb[3 * ((size_t)y * image->width + x) + k];
                if (got != want)
                    fail_msg("row %d, column %d is %d, want %d", y, x, got, want);
            }
}

static void test_label__letters(void **state)
{
    (void)state;
    static const char *const want[] = {
        " ###                    ", "#   #                   ",
        "#   #  ####       # ##  ", "##### #   #       ##  # ",
        "#   # #   #       #   # ", "#   # #   #  ##   #   # ",
        "#   #  ####  ##   #   # ", "          #             ",
        "       ###              ", "                        ",
    };
    vq_image image = white(24, 10);
    label_draw(&image, 0, 0, 60, "Ag.n");
    check(&image, 60, want);
    vq_image_release(&image);
}

/* The last letters that there are. */
static void test_label__last(void **state)
{
    (void)state;
    static const char *const want[] = {
        "##          ", "  #         ", "  #    #    ", "   #  # # # ", "  #      #  ",
        "  #         ", "##          ", "            ", "            ", "            ",
    };
    vq_image image = white(12, 10);
    label_draw(&image, 0, 0, 9, "}~");
    check(&image, 9, want);
    vq_image_release(&image);
}

/* Outside there is nothing to write to. */
static void test_label__clipped(void **state)
{
    (void)state;
    static const char *const want[] = {"# #   ##", "# #   ##"};
    vq_image image = white(8, 2);
    label_draw(&image, -4, -1, 0, "AA");
    label_draw(&image, 7, -1, 0, "A");
    label_draw(&image, 8, 0, 0, "A");
    label_draw(&image, 0, 2, 0, "A");
    check(&image, 0, want);
    vq_image_release(&image);
}

static bool alike(const char *a, const char *b, int width)
{
    vq_image x = white(60, 10), y = white(60, 10);
    label_draw_end(&x, 0, 0, width, 0, a);
    label_draw(&y, 0, 0, 0, b);
    const bool same = memcmp(x.rgb, y.rgb, 1800) == 0;
    vq_image_release(&x);
    vq_image_release(&y);
    return same;
}

/* The end of a name tells it from others; a character of UTF-8 is one letter. */
static void test_label__end(void **state)
{
    (void)state;
    assert_true(alike("abcde", "abcde", 30));
    assert_true(alike("abcde", "..", 6)); /* no room even for those */
    assert_true(alike("abcde", "abcde", 35));
    assert_true(alike("abcdef", "..def", 30));
    assert_true(alike("abcdefgh", "..gh", 29));
    assert_true(alike("caf\xc3\xa9", "caf?", 24));
    assert_true(alike("a\x7f", "a?", 24) && alike("a\x1f", "a?", 24));
    assert_true(alike("\xe4\xbd\xa0\xe5\xa5\xbd.png", "??.png", 36));
    assert_true(alike("ab\xc3\xa9\xc3\xa9g", "..?g", 24));
    assert_true(alike("\x80\xbf\x80g", "?g", 24)); /* the rest of one, without it */
    assert_false(alike("abcde", "abcdf", 30));
}

/* A picture with a line above it, as wide as that. */
static void test_label__heading(void **state)
{
    (void)state;
    vq_error err;
    vq_image image = white(20, 3), line = white(6, 10);
    memset(image.rgb, 9, 180);
    assert_ok(label_add_heading(&image, "words", &err), &err);
    assert_int_equal(image.width, 5 * LABEL_WIDTH + 8);
    assert_int_equal(image.height, 3 + LABEL_HEIGHT + 8);
    for (int y = 0; y < image.height; y++)
        for (int x = 0; x < image.width; x++) {
            const unsigned char *p = image.rgb + 3 * ((size_t)y * image.width + x);
            if (y >= LABEL_HEIGHT + 8)
                assert_int_equal(*p, x < 20 ? 9 : 255);
            else if (x < 4 || y < 4 || y >= 4 + 7)
                assert_int_equal(*p, 255);
        }
    label_draw(&line, 0, 0, 0, "w");
    for (int y = 0; y < 10; y++)
        assert_memory_equal(line.rgb + (size_t)18 * y,
                            image.rgb + 3 * ((size_t)(4 + y) * image.width + 4), 18);
    vq_image_release(&image);
    vq_image_release(&line);
}

const struct CMUnitTest test_label_suite[] = {
    cmocka_unit_test(test_label__letters), cmocka_unit_test(test_label__last),
    cmocka_unit_test(test_label__clipped), cmocka_unit_test(test_label__end),
    cmocka_unit_test(test_label__heading), {0},
};
