/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <string.h>

#include "base/ending.h"

static void test_ending__among(void **state)
{
    (void)state;
    static const char *const endings[] = {".png", ".jpeg", NULL}, *const none[] = {
                                                                      NULL};
    assert_string_equal(ending_among("a.png", endings), ".png");
    assert_string_equal(ending_among("a/b.x.PNG", endings), ".PNG");
    assert_string_equal(ending_among("photo.JpEg", endings), ".JpEg");
    assert_null(ending_among("png", endings));
    assert_null(ending_among("a.pngs", endings));
    assert_null(ending_among("a.png.bak", endings));
    assert_null(ending_among("a.png/b", endings));
    assert_null(ending_among("", endings));
    assert_null(ending_among("a.png", none));
}

static void test_ending__in(void **state)
{
    (void)state;
    const char *path = "folder.npy/codes.npy";
    assert_ptr_equal(ending_in(path, ".npy"), path + strlen(path) - 4);
    assert_string_equal(ending_in(".npy", ".NPY"), ".npy");
    assert_null(ending_in("npy", ".npy"));
    assert_null(ending_in("codes.npz", ".npy"));
}

static void test_ending__pictures(void **state)
{
    (void)state;
    static const char *const read[] = {"a.png", "a.jpg", "a.JPEG", "a.jpe", "a.jfif"};
    for (size_t i = 0; i < sizeof read / sizeof *read; i++) {
        assert_non_null(ending_among(read[i], ending_picture));
        assert_null(ending_among(read[i], ending_foreign));
        assert_int_equal(ending_among(read[i], ending_jpeg) != NULL, i > 0);
    }
    assert_non_null(ending_among("a.webp", ending_foreign));
    assert_null(ending_among("a.webp", ending_picture));
}

static void test_ending__other(void **state)
{
    (void)state;
    static const char *const own[] = {".txt", ".png", NULL};
    assert_null(ending_other("a.txt", own));
    assert_null(ending_other("a.PNG", own));
    assert_null(ending_other("a", own));
    assert_null(ending_other("a.v2", own));
    assert_null(ending_other("a.npy/b", own));
    assert_string_equal(ending_other("a.jpg", own), ".jpg");
    assert_string_equal(ending_other("a.webp", own), ".webp");
    assert_string_equal(ending_other("a.txt.Safetensors", own), ".Safetensors");
}

const struct CMUnitTest test_ending_suite[] = {
    cmocka_unit_test(test_ending__among),
    cmocka_unit_test(test_ending__in),
    cmocka_unit_test(test_ending__pictures),
    cmocka_unit_test(test_ending__other),
    {0},
};
