/*
 * SPDX-License-Identifier: MIT
 *
 * reconstruct, encode and decode, as a user runs them.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "image/jpeg_files.h"
#include "io/npy.h"
#include "program.h"

/* A folder with a tiny model in run/ and a picture whose sides are no multiples of 4.
 */
static void set_up(char folder[256])
{
    char path[300];
    support_folder_make(folder);
    program_model(folder);
    snprintf(path, sizeof path, "%s/in.png", folder);
    program_picture(path, 45, 30);
}

#define IN "cd '%s'; export VQVAE_MODEL=run/model.safetensors; "

static void test_cmd_codes__reconstruct(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    const ran *r = program_run(IN "vqvae reconstruct in.png out.png", folder);
    assert_ran(r, 0, " dB, SSIM ", "model: run/model.safetensors\n");
    assert_contains(r->out, "PSNR ");
    assert_contains(r->out, " bits per pixel\n");
    r = program_run(IN "vqvae reconstruct -q --json in.png out.png", folder);
    assert_ran(r, 0, "{\"psnr\": ", "");
    assert_contains(r->out, ", \"ssim\": ");
    assert_contains(r->out, ", \"bpp\": ");
    assert_string_equal(r->err, "");

    /* through the standard streams: the same picture, the figures on stderr */
    assert_ran(program_run(IN
                           "vqvae reconstruct - - <in.png >o.png && cmp out.png o.png",
                           folder),
               0, "", "PSNR ");
    support_folder_remove(folder);
}

/* decode needs to know nothing of it. */
static void test_cmd_codes__refine(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    for (int passes = 0; passes <= 20; passes += 10)
        assert_ran(program_run(IN "vqvae encode -q --refine %d in.png -o codes.vqt && "
                                  "vqvae decode -q codes.vqt out.png && vqvae "
                                  "reconstruct -q --refine %d in.png same.png && cmp "
                                  "out.png same.png",
                               folder, passes, passes),
                   0, "PSNR ", "");
    /* codes.vqt has the 20 passes that are the default */
    assert_ran(program_run(IN "vqvae encode -q in.png -o default.vqt && cmp "
                              "default.vqt codes.vqt",
                           folder),
               0, "", "");
    static const char *const wrong[] = {"-1", "x", "1.5", "1001", "''", "3x"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_ran(program_run(IN "vqvae encode --refine %s in.png", folder, wrong[i]),
                   2, "", "--refine is a whole number from 0 to 1000, not '");
    assert_ran(program_run(IN "vqvae decode --refine 3 codes.vqt o.png", folder), 2, "",
               "unknown option '--refine'");
    support_folder_remove(folder);
}

static void expect_size(const char *folder, const char *name, int width, int height)
{
    char path[300];
    vq_error err;
    vq_image image;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(vq_image_read(&image, path, &err), &err);
    assert_int_equal(image.width, width);
    assert_int_equal(image.height, height);
    vq_image_release(&image);
}

static void test_cmd_codes__sizes(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    assert_ran(program_run(IN "vqvae reconstruct in.png out.png", folder), 0, "", "");
    expect_size(folder, "out.png", 45, 30);
    assert_ran(program_run(IN "vqvae reconstruct -s in.png both.png", folder), 0, "",
               "");
    char path[300];
    vq_error err;
    vq_image image;
    snprintf(path, sizeof path, "%s/both.png", folder);
    assert_ok(vq_image_read(&image, path, &err), &err);
    assert_true(image.width >= 90);
    assert_int_equal(image.height, 30);
    vq_image_release(&image);
    support_folder_remove(folder);
}

/* decode(encode(x)) is reconstruct(x), byte for byte; only .vqt keeps the true size. */
static void test_cmd_codes__round_trip(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    const ran *r = program_run(IN "vqvae reconstruct in.png whole.png &&"
                                  "vqvae encode in.png -o codes.vqt &&"
                                  "vqvae decode codes.vqt back.png &&"
                                  "cmp whole.png back.png",
                               folder);
    assert_ran(r, 0, "", "codes: 1 x 8 x 12, each one of 16\n");
    for (int i = 0; i < 2; i++) {
        static const char *const kind[] = {"npy", "txt"};
        assert_ran(program_run(IN "vqvae encode in.png -o codes.%s &&"
                                  "vqvae decode codes.%s back.png",
                               folder, kind[i], kind[i]),
                   0, "", "images: 1\n");
        expect_size(folder, "back.png", 48, 32);
    }
    support_folder_remove(folder);
}

static void test_cmd_codes__standard_streams(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    assert_ran(
        program_run(IN "vqvae encode in.png -o a.txt; vqvae encode - <in.png >b.txt;"
                       "vqvae encode in.png -o - >c.txt;"
                       "cmp a.txt b.txt && cmp b.txt c.txt",
                    folder),
        0, "", "");
    assert_ran(program_run(IN
                           "vqvae encode in.png -o a.vqt;"
                           "vqvae encode in.png --format vqt >b.vqt; cmp a.vqt b.vqt;"
                           "vqvae decode a.vqt a.png; vqvae decode a.vqt - >b.png;"
                           "cmp a.png b.png",
                           folder),
               0, "", "");
    support_folder_remove(folder);
}

/* A data file is known by its content, a picture too, whatever their names. */
static void test_cmd_codes__data_file(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    assert_ran(
        program_run(IN "vqvae encode data.bin -o codes.npy &&"
                       "vqvae decode codes.npy grid.png &&"
                       "vqvae decode codes.npy --each 'a/b c' && ls 'a/b c' | wc -l",
                    folder),
        0, "16\n", "codes: 16 x 8 x 8, each one of 16\n");
    expect_size(folder, "grid.png", 4 * 32 + 3 * 2, 4 * 32 + 3 * 2);
    expect_size(folder, "a/b c/00000.png", 32, 32);
    expect_size(folder, "a/b c/00015.png", 32, 32);
    assert_ran(program_run(IN "mv in.png data; vqvae encode data -o codes.txt", folder),
               0, "", "codes: 1 x 8 x 12");
    support_folder_remove(folder);
}

/* Sequences of language models: 40 of 64 codes are no picture of 40 x 64 in silence. */
static void test_cmd_codes__sequences(void **state)
{
    (void)state;
    char folder[256];
    int32_t code[40 * 64];
    vq_error err;
    set_up(folder);
    for (int i = 0; i < 40 * 64; i++)
        code[i] = i * 7 % 16;
    static const struct {
        const char *name;
        int rank;
        int64_t dims[3];
    } files[] = {{"flat", 2, {40, 64}},    {"row", 1, {2560}}, {"whole", 3, {40, 8, 8}},
                 {"wide", 3, {1, 40, 64}}, {"few", 1, {16}},   {"other", 2, {32, 80}}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[300];
        snprintf(path, sizeof path, "%s/%s.npy", folder, files[i].name);
        assert_ok(npy_write(path, files[i].rank, files[i].dims, code, &err), &err);
    }
    assert_ran(program_run(IN "vqvae decode flat.npy o.png", folder), 3, "",
               "40 x 64 codes are one picture (--shape 40x64) or 40 of 8 x 8 codes "
               "(--shape 8x8): say which");
    assert_ran(program_run(IN "vqvae decode row.npy o.png", folder), 3, "",
               "an array of 2560 codes in a row: give their shape, --shape 8x8 or");
    assert_ran(program_run(IN "vqvae decode few.npy o.png", folder), 3, "",
               "an array of 16 codes in a row: give their shape with --shape\n");
    assert_ran(program_run(IN "vqvae decode -q whole.npy o.png &&"
                              "vqvae decode -q --shape 8x8 flat.npy a.png &&"
                              "vqvae decode -q --shape=8x8 row.npy b.png &&"
                              "cmp o.png a.png && cmp o.png b.png",
                           folder),
               0, "", "");
    assert_ran(program_run(IN "vqvae decode -q wide.npy o.png &&"
                              "vqvae decode -q --shape 40x64 flat.npy a.png &&"
                              "cmp o.png a.png",
                           folder),
               0, "", "");
    assert_ran(program_run(IN "vqvae decode other.npy o.png", folder), 0, "",
               "images: 1\n");
    expect_size(folder, "o.png", 4 * 80, 4 * 32);
    assert_ran(program_run(IN "vqvae decode --shape 7x7 flat.npy o.png", folder), 3, "",
               "1 x 40 x 64 codes are no sequences of 7 x 7 positions of 1");
    /* positions that an int does not count */
    assert_ran(
        program_run(IN "vqvae decode --shape 65536x65536 flat.npy o.png", folder), 3,
        "", "no sequences of 65536 x 65536 positions of 1");
    static const char *const wrong[] = {"8",     "8x",     "x8", "8x8x1",   "0x64",
                                        "-8x-8", "' 8x8'", "''", "100000x8"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_ran(
            program_run(IN "vqvae decode --shape=%s flat.npy o.png", folder, wrong[i]),
            2, "", "--shape is rows x columns of codes, like 8x8, not '");
    support_folder_remove(folder);
}

/* Gray in, gray out: of a PNG and a JPEG, through .vqt too; .npy does not tell. */
static void test_cmd_codes__gray(void **state)
{
    (void)state;
    char folder[256], path[300];
    unsigned char rgb[45 * 30 * 3];
    vq_error err;
    vq_image image = {.width = 45, .height = 30, .rgb = rgb, .gray = true};
    set_up(folder);
    for (int i = 0; i < 45 * 30 * 3; i++)
        rgb[i] = (unsigned char)(i / 3 % 45 * 5);
    snprintf(path, sizeof path, "%s/gray.png", folder);
    assert_ok(vq_image_write(&image, path, &err), &err);
    for (size_t i = 0; i < JPEG_FILES; i++)
        if (strcmp(jpeg_files[i].name, "gray") == 0) {
            snprintf(path, sizeof path, "%s/gray.jpg", folder);
            assert_ok(file_write(path, jpeg_files[i].file, jpeg_files[i].size, &err),
                      &err);
        }
    static const struct {
        const char *in, *out;
        bool gray;
    } cases[] = {{"gray.png", "a.png", true},
                 {"gray.jpg", "b.png", true},
                 {"in.png", "c.png", false},
                 {"-s gray.png", "d.png", true},
                 {"-s in.png", "e.png", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vq_image made;
        assert_ran(program_run(IN "vqvae reconstruct -q %s %s", folder, cases[i].in,
                               cases[i].out),
                   0, "PSNR", "");
        snprintf(path, sizeof path, "%s/%s", folder, cases[i].out);
        assert_ok(vq_image_read(&made, path, &err), &err);
        assert_int_equal(made.gray, cases[i].gray);
        vq_image_release(&made);
    }
    assert_ran(program_run(IN "vqvae encode -q gray.png -o c.vqt && vqvae decode -q "
                              "c.vqt back.png && cmp a.png back.png &&"
                              "vqvae encode -q gray.png -o c.npy && vqvae decode -q "
                              "c.npy back.png && ! cmp -s a.png back.png",
                           folder),
               0, "", "");
    support_folder_remove(folder);
}

const struct CMUnitTest test_cmd_codes_suite[] = {
    cmocka_unit_test(test_cmd_codes__reconstruct),
    cmocka_unit_test(test_cmd_codes__refine),
    cmocka_unit_test(test_cmd_codes__sizes),
    cmocka_unit_test(test_cmd_codes__round_trip),
    cmocka_unit_test(test_cmd_codes__standard_streams),
    cmocka_unit_test(test_cmd_codes__data_file),
    cmocka_unit_test(test_cmd_codes__sequences),
    cmocka_unit_test(test_cmd_codes__gray),
    {0},
};
