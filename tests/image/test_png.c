/*
 * SPDX-License-Identifier: MIT
 *
 * Every kind of PNG becomes the RGB that a formula says, to the bit.
 */
#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "image/png.h"
#include "image/png_build.h"

static vq_error err;

static vq_image decode_rows(const png_bytes *file, int rows)
{
    vq_image image;
    FILE *stream = png_open(file->v, file->size);
    vq_status status = png_decode(&image, rows, "memory", stream, &err);
    fclose(stream);
    assert_ok(status, &err);
    return image;
}

/* Whole; and the first rows alone must be the same. */
static vq_image decode(const png_spec *spec)
{
    png_bytes file = png_build(spec);
    vq_image image = decode_rows(&file, IMAGE_ALL_ROWS);
    for (int rows = 0; rows <= 2; rows++) {
        vq_image some = decode_rows(&file, rows);
        const int good = rows < image.height ? rows : image.height;
        assert_true(some.width == image.width && some.height == image.height);
        assert_true((some.rgb == NULL) == (rows == 0));
        if (rows > 0)
            assert_memory_equal(some.rgb, image.rgb, (size_t)3 * good * image.width);
        vq_image_release(&some);
    }
    free(file.v);
    assert_int_equal(image.width, spec->width);
    assert_int_equal(image.height, spec->height);
    return image;
}

/* v of top over white with opacity alpha, as 8 bits: rounded at its depth, then to 8 */
static int over_white(int64_t v, int64_t alpha, int64_t top)
{
    int64_t over = (v * alpha + top * (top - alpha) + top / 2) / top;
    return (int)((over * 255 * 2 + top) / (2 * top));
}

/* What a sample tuple of the given kind must become. */
static void expect(const png_spec *s, const uint16_t *px, int rgb[3])
{
    int64_t top = (1 << s->depth) - 1, alpha = top;
    int n = png_channels(s->color);
    bool colored = s->color & 2;
    if (s->color == PNG_PALETTE) {
        alpha = px[0] < s->trns_size ? s->trns[px[0]] : 255;
        for (int c = 0; c < 3; c++)
            rgb[c] = over_white(s->plte[3 * px[0] + c], alpha, 255);
        return;
    }
    if (s->color & 4) {
        alpha = px[n - 1];
    } else if (s->trns) {
        bool key = true;
        for (int c = 0; c < n; c++)
            key &= px[c] == (s->trns[2 * c] << 8 | s->trns[2 * c + 1]);
        alpha = key ? 0 : top;
    }
    for (int c = 0; c < 3; c++)
        rgb[c] = over_white(px[colored ? c : 0], alpha, top);
}

/* Decode spec, plain and interlaced, and compare every pixel with expect(). */
static void assert_decodes(png_spec *s)
{
    int n = png_channels(s->color);
    for (int interlaced = 0; interlaced < 2; interlaced++) {
        s->interlaced = interlaced;
        vq_image image = decode(s);
        assert_int_equal(image.gray,
                         s->color == PNG_GRAY || s->color == PNG_GRAY_ALPHA);
        for (int i = 0; i < s->width * s->height; i++) {
            int want[3];
            const unsigned char *got = image.rgb + 3 * (size_t)i;
            expect(s, s->samples + (size_t)i * n, want);
            if (got[0] != want[0] || got[1] != want[1] || got[2] != want[2])
                fail_msg("color %d depth %d interlaced %d: pixel %d is %d %d %d, want "
                         "%d %d %d",
                         s->color, s->depth, interlaced, i, got[0], got[1], got[2],
                         want[0], want[1], want[2]);
        }
        vq_image_release(&image);
    }
}

/* A deterministic stream of 16-bit numbers. */
static uint16_t noise(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (uint16_t)(*state >> 16);
}

static uint16_t samples[256 * 256 * 4];

static void fill_noise(size_t n, int depth)
{
    uint32_t state = 1;
    for (size_t i = 0; i < n; i++)
        samples[i] = (uint16_t)(noise(&state) >> (16 - depth));
}

static void test_png__gray_every_value(void **state)
{
    (void)state;
    for (int depth = 1; depth <= 16; depth *= 2) {
        int side = depth == 16 ? 256 : depth == 8 ? 16 : depth;
        for (int i = 0; i < side * side; i++)
            samples[i] = (uint16_t)(i & ((1 << depth) - 1));
        png_spec s = {
            .width = side, .height = side, .depth = depth, .samples = samples};
        assert_decodes(&s);
    }
}

static void test_png__rgb(void **state)
{
    (void)state;
    for (int depth = 8; depth <= 16; depth *= 2) {
        fill_noise(50 * 40 * 3, depth);
        png_spec s = {.width = 50,
                      .height = 40,
                      .depth = depth,
                      .color = PNG_RGB,
                      .samples = samples};
        assert_decodes(&s);
    }
}

static void test_png__every_value_and_alpha(void **state)
{
    (void)state;
    for (int i = 0; i < 65536; i++) {
        uint16_t *px = samples + (size_t)i * 4;
        px[0] = (uint16_t)(i & 255);
        px[1] = 255 - px[0];
        px[2] = px[0] ^ 85;
        px[3] = (uint16_t)(i >> 8);
    }
    png_spec rgba = {
        .width = 256, .height = 256, .depth = 8, .color = PNG_RGBA, .samples = samples};
    assert_decodes(&rgba);
    for (int i = 0; i < 65536; i++) {
        samples[2 * i] = (uint16_t)(i & 255);
        samples[2 * i + 1] = (uint16_t)(i >> 8);
    }
    png_spec gray = {.width = 256,
                     .height = 256,
                     .depth = 8,
                     .color = PNG_GRAY_ALPHA,
                     .samples = samples};
    assert_decodes(&gray);
}

static void test_png__alpha_of_16_bits(void **state)
{
    (void)state;
    for (int color = PNG_GRAY_ALPHA; color <= PNG_RGBA; color += 2) {
        fill_noise((size_t)200 * 200 * png_channels(color), 16);
        png_spec s = {.width = 200,
                      .height = 200,
                      .depth = 16,
                      .color = color,
                      .samples = samples};
        assert_decodes(&s);
    }
}

static void test_png__palette(void **state)
{
    (void)state;
    unsigned char plte[768], trns[256];
    uint32_t seed = 7;
    for (int i = 0; i < 768; i++)
        plte[i] = (unsigned char)noise(&seed);
    for (int i = 0; i < 256; i++)
        trns[i] = (unsigned char)noise(&seed);
    for (int depth = 1; depth <= 8; depth *= 2) {
        size_t n = (size_t)1 << depth;
        fill_noise(30 * 30, depth);
        png_spec s = {.width = 30,
                      .height = 30,
                      .depth = depth,
                      .color = PNG_PALETTE,
                      .samples = samples,
                      .plte = plte,
                      .plte_size = 3 * n};
        assert_decodes(&s);
        s.trns = trns;
        for (s.trns_size = 1; s.trns_size <= n; s.trns_size *= 2)
            assert_decodes(&s);
    }
}

/* One value, or one colour, is transparent; a neighbour in the low byte is not. */
static void test_png__transparent_key(void **state)
{
    (void)state;
    for (int depth = 1; depth <= 16; depth *= 2) {
        uint16_t top = (uint16_t)((1 << depth) - 1);
        unsigned char key[6] = {0, 1, 0, 1, 0, 1};
        for (int i = 0; i < 64 * 3; i++)
            samples[i] = (uint16_t)(i % 5 == 0 ? top : i / 9 % 2);
        png_spec s = {.width = 8,
                      .height = 8,
                      .depth = depth,
                      .samples = samples,
                      .trns = key,
                      .trns_size = 2};
        assert_decodes(&s);
        if (depth < 8)
            continue;
        s.color = PNG_RGB;
        s.trns_size = 6;
        assert_decodes(&s);
        samples[4] = 257; /* equal in the byte that is left after scaling */
        if (depth == 16)
            assert_decodes(&s);
    }
}

static void test_png__every_small_size(void **state)
{
    (void)state;
    fill_noise(81 * 3, 8);
    for (int w = 1; w <= 9; w++)
        for (int h = 1; h <= 9; h++) {
            png_spec s = {.width = w,
                          .height = h,
                          .depth = 8,
                          .color = PNG_RGB,
                          .samples = samples};
            assert_decodes(&s);
        }
}

/* The values of the file are kept, and composed as they are. */
static void test_png__gamma_is_ignored(void **state)
{
    (void)state;
    static const unsigned char gamma[4] = {0, 0, 45455 >> 8, 45455 & 255};
    fill_noise(20 * 20 * 4, 8);
    png_spec s = {.width = 20,
                  .height = 20,
                  .depth = 8,
                  .color = PNG_RGBA,
                  .samples = samples,
                  .extra = "gAMA",
                  .extra_data = gamma,
                  .extra_size = sizeof gamma};
    assert_decodes(&s);
}

/* gAMA of 0, a text beyond the memory cap, a bad CRC: no sample depends on them. */
static void test_png__ancillary_chunks_are_skipped(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        size_t size;
        bool bad_crc;
    } extra[] = {{"gAMA", 4, false},     {"tEXt", 300000, false}, {"iCCP", 100, false},
                 {"zTXt", 10, true},     {"vpAg", 9, false},      {"sBIT", 3, false},
                 {"tIME", 1000000, true}};
    fill_noise(12 * 3, 8);
    for (size_t i = 0; i < sizeof extra / sizeof *extra; i++) {
        png_spec s = {.width = 4,
                      .height = 3,
                      .depth = 8,
                      .color = PNG_RGB,
                      .samples = samples,
                      .extra = extra[i].type,
                      .extra_size = extra[i].size,
                      .extra_bad_crc = extra[i].bad_crc};
        assert_decodes(&s);
    }
}

/* ---- PngSuite -------------------------------------------------------------------- */

static const struct known {
    const char *name;
    int width, height;
    uint32_t crc;
} suite[] = {
#include "image/pngsuite.inc"
};
#define N_SUITE ((int)(sizeof suite / sizeof *suite))

static void check_suite_file(const char *path, const char *name, int *good, int *bad)
{
    vq_image image;
    vq_status status = vq_image_read(&image, path, &err);
    if (name[0] == 'x') {
        assert_fails(status, VQ_EINPUT, &err,
                     "' is n"); /* a valid PNG, or one at all */
        assert_non_null(strstr(err.message, path));
        assert_null(image.rgb);
        ++*bad;
        return;
    }
    assert_ok(status, &err);
    int i = 0;
    while (i < N_SUITE && strcmp(suite[i].name, name) != 0)
        i++;
    if (i == N_SUITE)
        fail_msg("'%s' is not in tests/image/pngsuite.inc", name);
    assert_int_equal(image.width, suite[i].width);
    assert_int_equal(image.height, suite[i].height);
    uLong crc = crc32(0, image.rgb, (uInt)image.width * (uInt)image.height * 3);
    if (crc != suite[i].crc)
        fail_msg("%s: pixels have CRC %08lx, want %08lx", path, crc,
                 (unsigned long)suite[i].crc);
    ++*good;
    vq_image_release(&image);
}

/* Check every .png in a folder and the folders in it; false when there is none. */
static bool check_suite_folder(const char *folder, int *good, int *bad)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return false;
    for (const struct dirent *e; (e = readdir(dir));) {
        char path[1024];
        size_t n = strlen(e->d_name);
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (n > 4 && strcmp(e->d_name + n - 4, ".png") == 0)
            check_suite_file(path, e->d_name, good, bad);
        else if (e->d_name[0] != '.')
            check_suite_folder(path, good, bad);
    }
    closedir(dir);
    return true;
}

static void test_png__suite(void **state)
{
    (void)state;
    int good = 0, bad = 0;
    const char *folder = getenv("VQVAE_PNGSUITE");
    if (!folder)
        folder = "/usr/share/doc/libsixel-examples/examples/images/pngsuite";
    if (!check_suite_folder(folder, &good, &bad)) {
        print_message("no PngSuite in '%s'\n", folder);
        skip();
    }
    assert_int_equal(good, 160);
    assert_int_equal(bad, 14);
}

const struct CMUnitTest test_png_suite[] = {
    cmocka_unit_test(test_png__gray_every_value),
    cmocka_unit_test(test_png__rgb),
    cmocka_unit_test(test_png__every_value_and_alpha),
    cmocka_unit_test(test_png__alpha_of_16_bits),
    cmocka_unit_test(test_png__palette),
    cmocka_unit_test(test_png__transparent_key),
    cmocka_unit_test(test_png__every_small_size),
    cmocka_unit_test(test_png__gamma_is_ignored),
    cmocka_unit_test(test_png__ancillary_chunks_are_skipped),
    cmocka_unit_test(test_png__suite),
    {0},
};
