/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "image/exif.h"

enum { W = 3, H = 2 };

/* The orientation of a block of these entries, of tag, type, count and value. */
static int orientation_of(bool big, const uint32_t (*entry)[4], int n, size_t cut)
{
    unsigned char bytes[200] = {0};
    size_t at = 0;
    const struct {
        uint32_t value;
        int size;
    } head[] = {{big ? 0x4D4D : 0x4949, 2}, {42, 2}, {8, 4}, {(uint32_t)n, 2}};
    for (int i = 0; i < 4 + 4 * n; i++) {
        static const int sizes[] = {2, 2, 4, 4};
        int k = i - 4, size = i < 4 ? head[i].size : sizes[k % 4];
        uint32_t value = i < 4 ? head[i].value : entry[k / 4][k % 4];
        if (k % 4 == 3 && i >= 4 && big && entry[k / 4][1] == 3)
            value <<= 16; /* a SHORT stands first in its four bytes */
        for (int b = 0; b < size; b++)
            bytes[at++] = (unsigned char)(value >> 8 * (big ? size - 1 - b : b));
    }
    unsigned char *exact = malloc(at - cut + 1); /* so that ASan sees a byte too far */
    memcpy(exact, bytes, at - cut);
    int orientation = exif_orientation(exact, at - cut);
    free(exact);
    return orientation;
}

static void test_exif__orientation(void **state)
{
    (void)state;
    for (int big = 0; big < 2; big++)
        for (uint32_t o = 0; o < 12; o++) {
            const uint32_t entry[][4] = {{0x010F, 2, 9, 99}, {0x0112, 3, 1, o}};
            int want = o >= 1 && o <= 8 ? (int)o : 1;
            assert_int_equal(orientation_of(big, entry, 2, 0), want);
            assert_int_equal(orientation_of(big, entry + 1, 1, 0), want);
        }
}

/* Damage is upright, and nothing behind the block is read. */
static void test_exif__damaged(void **state)
{
    (void)state;
    const uint32_t entry[][4] = {{0x010F, 2, 9, 99}, {0x0112, 3, 1, 6}};
    const uint32_t wrong[][4] = {{0x0112, 4, 1, 6}, {0x0112, 3, 2, 6}};
    for (int big = 0; big < 2; big++) {
        for (size_t cut = 3; cut <= 34; cut++) /* the last two bytes are padding */
            assert_int_equal(orientation_of(big, entry, 2, cut), 1);
        assert_int_equal(orientation_of(big, entry, 2, 2), 6);
        assert_int_equal(orientation_of(big, wrong, 1, 0), 1);
        assert_int_equal(orientation_of(big, wrong + 1, 1, 0), 1);
    }
    assert_int_equal(exif_orientation((const unsigned char *)"", 0), 1);
    unsigned char sound[] = "II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0";
    assert_int_equal(exif_orientation(sound, sizeof sound), 6);
    sound[2]++; /* but for its mark */
    assert_int_equal(exif_orientation(sound, sizeof sound), 1);
    /* a first folder far away, or at the very end */
    assert_int_equal(
        exif_orientation((const unsigned char *)"II*\0\xff\xff\xff\xff", 8), 1);
    assert_int_equal(exif_orientation((const unsigned char *)"II*\0\x08\0\0\0", 8), 1);
    assert_int_equal(exif_orientation((const unsigned char *)"IM*\0\x08\0\0\0", 8), 1);
}

/* A stored picture of 3 x 2 letters, and what each orientation makes of it. */
static void test_exif__apply(void **state)
{
    (void)state;
    static const char *const want[9] = {"abc/def",  "abc/def",  "cba/fed",
                                        "fed/cba",  "def/abc",  "ad/be/cf",
                                        "da/eb/fc", "fc/eb/da", "cf/be/ad"};
    for (int o = 0; o <= 8; o++) {
        vq_error err;
        char got[16] = "", *to = got;
        vq_image image = {.width = W, .height = H, .rgb = malloc(W * H * 3)};
        for (int i = 0; i < W * H; i++)
            for (int c = 0; c < 3; c++)
                image.rgb[3 * i + c] = (unsigned char)("abcdef"[i] + 32 * c);
        assert_ok(exif_apply(&image, o, &err), &err);
        assert_int_equal(exif_turns(o), image.width == H);
        for (int i = 0; i < W * H; i++) {
            if (i && i % image.width == 0)
                *to++ = '/';
            *to++ = (char)image.rgb[3 * i];
            assert_int_equal(image.rgb[3 * i + 2], image.rgb[3 * i] + 64);
        }
        assert_string_equal(got, want[o]);
        vq_image_release(&image);
    }
}

static void test_exif__apply_without_memory(void **state)
{
    (void)state;
    vq_error err;
    vq_image image = {.width = W, .height = H, .rgb = calloc(W * H, 3)}, before = image;
    support_alloc_fail_at(1);
    assert_fails(exif_apply(&image, 6, &err), VQ_ENOMEM, &err,
                 "cannot allocate 18 bytes");
    support_alloc_fail_at(0);
    assert_memory_equal(&image, &before, sizeof image);
    vq_image_release(&image);
}

const struct CMUnitTest test_exif_suite[] = {
    cmocka_unit_test(test_exif__orientation),
    cmocka_unit_test(test_exif__damaged),
    cmocka_unit_test(test_exif__apply),
    cmocka_unit_test(test_exif__apply_without_memory),
    {0},
};
