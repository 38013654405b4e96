/*
 * SPDX-License-Identifier: MIT
 *
 * What is wrong with a PNG, a disk or the memory becomes a message, and nothing leaks
 * (under ASan). Also what the writer makes.
 */
#include "faults.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "image/png.h"
#include "image/png_build.h"

static vq_error err;

static vq_status read_bytes(vq_image *image, const unsigned char *bytes, size_t size)
{
    FILE *stream = png_open(bytes, size);
    vq_status status = png_decode(image, IMAGE_ALL_ROWS, "memory", stream, &err);
    fclose(stream);
    return status;
}

/* A small PNG of a kind that goes through every transformation. */
static png_bytes small(int color, bool interlaced)
{
    static const unsigned char plte[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
                               trns[4] = {0, 99, 200, 255};
    static const uint16_t samples[5 * 3 * 4] = {1, 2, 3, 0, 1, 2, 3, 1, 2, 3};
    png_spec s = {.width = 5,
                  .height = 3,
                  .depth = color == PNG_PALETTE ? 2 : 16,
                  .color = color,
                  .interlaced = interlaced,
                  .samples = samples};
    if (color == PNG_PALETTE) {
        s.plte = plte;
        s.plte_size = sizeof plte;
        s.trns = trns;
        s.trns_size = sizeof trns;
    }
    return png_build(&s);
}

static void test_png_faults__truncated_at_every_byte(void **state)
{
    (void)state;
    vq_image image;
    png_bytes file = small(PNG_PALETTE, true);
    for (size_t size = 0; size < file.size; size++) {
        char want[80];
        snprintf(want, sizeof want, "'memory' is not a valid PNG: it ends at byte %zu",
                 size);
        assert_fails(read_bytes(&image, file.v, size), VQ_EINPUT, &err, want);
        assert_null(image.rgb);
    }
    free(file.v);
}

/* The reader must object to a change of any bit: each is under the signature or a CRC.
 */
static void test_png_faults__every_bit_flipped(void **state)
{
    (void)state;
    vq_image image;
    png_bytes file = small(PNG_RGBA, false);
    for (size_t bit = 0; bit < file.size * 8; bit++) {
        file.v[bit / 8] ^= (unsigned char)(1 << bit % 8);
        assert_fails(read_bytes(&image, file.v, file.size), VQ_EINPUT, &err,
                     "'memory' is not a valid PNG: ");
        assert_null(image.rgb);
        file.v[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    assert_ok(read_bytes(&image, file.v, file.size), &err);
    vq_image_release(&image);
    free(file.v);
}

static void test_png_faults__sizes_in_the_header(void **state)
{
    (void)state;
    static const struct {
        uint32_t width, height;
        const char *want;
    } cases[] = {
        {16384, 16385, "has 16384 x 16385 pixels, more than 268435456"},
        {1000000, 1000000, "has 1000000 x 1000000 pixels, more than 268435456"},
        {1000001, 1, "Image width exceeds user limit in IHDR, near byte 33"},
        {1, 1000001, "Image height exceeds user limit in IHDR, near byte 33"},
        {0, 1, "Image width is zero in IHDR"},
        {1, 0x80000000u, "PNG unsigned integer out of range"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vq_image image;
        png_bytes file = png_build_header(cases[i].width, cases[i].height, 8, 6, 1);
        png_chunk(&file, "IDAT", "", 0);
        assert_fails(read_bytes(&image, file.v, file.size), VQ_EINPUT, &err,
                     cases[i].want);
        free(file.v);
    }
}

static void test_png_faults__not_a_picture(void **state)
{
    (void)state;
    vq_image image;
    assert_fails(read_bytes(&image, (const unsigned char *)"\xff\xd8\xff\xe0JFIF-", 9),
                 VQ_EINPUT, &err, "'memory' is not a valid PNG: Not a PNG file");
    png_bytes file = png_build_header(1, 1, 8, PNG_PALETTE, 0);
    png_chunk(&file, "IDAT", "x", 1);
    assert_fails(read_bytes(&image, file.v, file.size), VQ_EINPUT, &err,
                 "IDAT: Missing PLTE before IDAT");
    free(file.v);
    file = png_build_header(1, 1, 8, PNG_GRAY, 0);
    png_chunk(&file, "IDAT", "not zlib", 8);
    assert_fails(read_bytes(&image, file.v, file.size), VQ_EINPUT, &err, "IDAT: ");
    free(file.v);
}

static void test_png_faults__cannot_be_read(void **state)
{
    (void)state;
    vq_image image;
    assert_fails(vq_image_read(&image, in_folder("no.png"), &err), VQ_EIO, &err,
                 "no.png': No such file or directory");
    assert_null(image.rgb);
    assert_fails(vq_image_read(&image, folder_path(), &err), VQ_EIO, &err,
                 "': Is a directory");
    assert_null(image.rgb);
    assert_ok(file_write(in_folder("a.png"), "", 0, &err), &err);
    assert_fails(vq_image_read(&image, in_folder("a.png"), &err), VQ_EINPUT, &err,
                 "a.png' is empty");
}

/* Fail each allocation in turn, libpng's own among them, until none is left to fail. */
static void test_png_faults__every_allocation_of_reading(void **state)
{
    (void)state;
    for (int color = PNG_PALETTE; color <= PNG_RGBA; color += 3) {
        vq_image image;
        vq_status status = VQ_ENOMEM;
        png_bytes file = small(color == PNG_RGBA ? PNG_RGBA : PNG_PALETTE, color & 1);
        long n = 1;
        for (; status != VQ_OK && n < 100; n++) {
            support_alloc_fail_at(n);
            status = read_bytes(&image, file.v, file.size);
            support_alloc_fail_at(0);
            if (status != VQ_OK) {
                assert_fails(status, VQ_ENOMEM, &err,
                             "out of memory: cannot allocate ");
                assert_null(image.rgb);
            }
        }
        assert_ok(status, &err);
        assert_true(n > 6); /* the sessions, the pixels, rows and zlib's state */
        vq_image_release(&image);
        free(file.v);
    }
}

/* ---- writing --------------------------------------------------------------------- */

static vq_image noise_image(int width, int height)
{
    vq_image image = {
        .width = width, .height = height, .rgb = malloc((size_t)width * height * 3)};
    uint32_t seed = 5;
    assert_non_null(image.rgb);
    for (int i = 0; i < width * height * 3; i++)
        image.rgb[i] = (unsigned char)((seed = seed * 1664525u + 1013904223u) >> 24);
    return image;
}

static void test_png_faults__round_trip(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1}, {1, 7}, {7, 1}, {31, 33}, {500, 300}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        vq_image image = noise_image(sizes[i][0], sizes[i][1]), back;
        assert_ok(vq_image_write(&image, in_folder("a.png"), &err), &err);
        assert_ok(vq_image_read(&back, in_folder("a.png"), &err), &err);
        assert_int_equal(back.width, image.width);
        assert_int_equal(back.height, image.height);
        assert_memory_equal(back.rgb, image.rgb,
                            (size_t)image.width * image.height * 3);
        vq_image_release(&image);
        vq_image_release(&back);
    }
}

static void test_png_faults__rows_in_any_portions(void **state)
{
    (void)state;
    vq_image image = noise_image(9, 10);
    png_writer *w;
    unsigned char *whole, *parts;
    size_t n_whole, n_parts;
    assert_ok(vq_image_write(&image, in_folder("whole.png"), &err), &err);
    assert_ok(png_writer_open(&w, in_folder("parts.png"), 9, 10, false, &err), &err);
    for (int y = 0, n = 0; y < 10; y += n++)
        assert_ok(png_writer_rows(w, image.rgb + 27 * y, n, &err), &err);
    assert_false(file_exists(in_folder("parts.png")));
    assert_ok(png_writer_commit(w, &err), &err);
    assert_ok(file_read(in_folder("whole.png"), 1000, &whole, &n_whole, &err), &err);
    assert_ok(file_read(in_folder("parts.png"), 1000, &parts, &n_parts, &err), &err);
    assert_int_equal(n_parts, n_whole);
    assert_memory_equal(parts, whole, n_whole);
    free(whole);
    free(parts);
    vq_image_release(&image);
}

static void test_png_faults__abort_leaves_nothing(void **state)
{
    (void)state;
    png_writer *w;
    png_writer_abort(NULL);
    assert_ok(png_writer_open(&w, in_folder("a.png"), 2, 2, false, &err), &err);
    assert_ok(png_writer_rows(w, (const unsigned char *)"123456", 1, &err), &err);
    png_writer_abort(w);
    assert_int_equal(folder_entries(), 0);
}

static void test_png_faults__cannot_be_written(void **state)
{
    (void)state;
    vq_image image = noise_image(300, 300), none = {0}, wide = image;
    png_writer *w;
    assert_fails(vq_image_write(&image, in_folder("no/a.png"), &err), VQ_EIO, &err,
                 "no/a.png': No such file or directory");
    assert_fails(vq_image_write(&image, "/dev/full", &err), VQ_EIO, &err,
                 "cannot write '/dev/full': No space left on device");
    assert_fails(vq_image_write(&none, in_folder("a.png"), &err), VQ_EINPUT, &err,
                 "a.png': 0 x 0 pixels, where a side is 1 to 1000000");
    wide.width = 1000001;
    assert_fails(vq_image_write(&wide, in_folder("a.png"), &err), VQ_EINPUT, &err,
                 "1000001 x 300 pixels");
    assert_fails(png_writer_open(&w, in_folder("a.png"), 5, -1, false, &err), VQ_EINPUT,
                 &err, "5 x -1 pixels");
    assert_null(w);
    vq_image_release(&image);
    image = noise_image(2, 2); /* small: nothing reaches the disk before the commit */
    assert_fails(vq_image_write(&image, "/dev/full", &err), VQ_EIO, &err,
                 "cannot write '/dev/full': No space left on device");
    vq_image_release(&image);
    assert_int_equal(folder_entries(), 0);
}

static void test_png_faults__full_disk_keeps_the_old_file(void **state)
{
    (void)state;
    vq_image image = noise_image(300, 300), old = noise_image(2, 2), back;
    assert_ok(vq_image_write(&old, in_folder("a.png"), &err), &err);
    disk_fill(50000);
    vq_status status = vq_image_write(&image, in_folder("a.png"), &err);
    disk_empty();
    assert_fails(status, VQ_EIO, &err, "a.png': File too large");
    assert_ok(vq_image_read(&back, in_folder("a.png"), &err), &err);
    assert_memory_equal(back.rgb, old.rgb, 12);
    vq_image_release(&back);
    vq_image_release(&old);
    vq_image_release(&image);
    assert_int_equal(unlink(in_folder("a.png")), 0);
    assert_int_equal(folder_entries(), 0);
}

static void test_png_faults__every_allocation_of_writing(void **state)
{
    (void)state;
    vq_image image = noise_image(40, 3);
    vq_status status = VQ_ENOMEM;
    long n = 1;
    for (; status != VQ_OK && n < 100; n++) {
        support_alloc_fail_at(n);
        status = vq_image_write(&image, in_folder("a.png"), &err);
        support_alloc_fail_at(0);
        if (status != VQ_OK) {
            assert_fails(status, VQ_ENOMEM, &err, "out of memory: cannot allocate ");
            assert_false(file_exists(in_folder("a.png")));
        }
    }
    assert_ok(status, &err);
    assert_true(n > 6);
    vq_image_release(&image);
}

static void test_png_faults__standard_streams(void **state)
{
    (void)state;
    vq_image image = noise_image(3, 3), back, none;
    int saved = stream_redirect(STDOUT_FILENO, in_folder("out"), O_WRONLY | O_CREAT);
    vq_status status = vq_image_write(&image, "-", &err);
    stream_restore(STDOUT_FILENO, saved);
    assert_ok(status, &err);
    saved = stream_redirect(STDIN_FILENO, in_folder("out"), O_RDONLY);
    status = vq_image_read(&back, "-", &err);
    vq_status at_end = vq_image_read(&none, "-", &err); /* the picture is used up */
    stream_restore(STDIN_FILENO, saved);
    clearerr(stdin);
    assert_ok(status, &err);
    assert_fails(at_end, VQ_EINPUT, &err, "'standard input' is empty");
    assert_memory_equal(back.rgb, image.rgb, 27);
    vq_image_release(&image);
    vq_image_release(&back);
}

#define CASE(name) folder_test(test_png_faults__##name)

/* A gray picture is written as one channel, and every allocation of that may fail. */
static void test_png_faults__gray(void **state)
{
    (void)state;
    enum { W = 37, H = 5 };
    unsigned char rgb[W * H * 3];
    vq_image image = {.width = W, .height = H, .rgb = rgb, .gray = true}, back;
    unsigned char *bytes;
    size_t size;
    for (int i = 0; i < W * H * 3; i++)
        rgb[i] = (unsigned char)(i / 3 * 29);
    const char *path = in_folder("gray.png");
    assert_ok(vq_image_write(&image, path, &err), &err);
    assert_ok(file_read(path, 10000, &bytes, &size, &err), &err);
    assert_int_equal(bytes[25], PNG_GRAY); /* IHDR's colour type */
    free(bytes);
    assert_ok(vq_image_read(&back, path, &err), &err);
    assert_true(back.gray && back.width == W && back.height == H);
    assert_memory_equal(back.rgb, rgb, sizeof rgb);
    vq_image_release(&back);
    int failed = 0;
    for (vq_status status = VQ_ENOMEM; status != VQ_OK; failed++) {
        support_alloc_fail_at(failed + 1);
        status = vq_image_write(&image, path, &err);
        support_alloc_fail_at(0);
        assert_true(status == VQ_OK || status == VQ_ENOMEM);
        assert_int_equal(folder_entries(), 1);
    }
    assert_true(failed > 3);
}

const struct CMUnitTest test_png_faults_suite[] = {
    CASE(truncated_at_every_byte),
    CASE(every_bit_flipped),
    CASE(sizes_in_the_header),
    CASE(not_a_picture),
    CASE(cannot_be_read),
    CASE(every_allocation_of_reading),
    CASE(round_trip),
    CASE(rows_in_any_portions),
    CASE(abort_leaves_nothing),
    CASE(cannot_be_written),
    CASE(full_disk_keeps_the_old_file),
    CASE(every_allocation_of_writing),
    CASE(standard_streams),
    folder_test(test_png_faults__gray),
    {0},
};
