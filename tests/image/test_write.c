/*
 * SPDX-License-Identifier: MIT
 *
 * Pictures written in the format that their names say.
 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/magic.h"
#include "image/jpeg_write.h"
#include "image/write.h"
#include "tiny.h"

static vq_error err;
static char folder[256], path[400];

static const char *in_folder(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static vq_image make(int width, int height)
{
    return (vq_image){
        .width = width, .height = height, .rgb = tiny_picture(width, height, 3)};
}

static void test_write__by_its_name(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        magic_kind kind;
    } cases[] = {{"a.png", MAGIC_PNG},   {"a.jpg", MAGIC_JPEG},
                 {"a.JPEG", MAGIC_JPEG}, {"a.jpg.png", MAGIC_PNG},
                 {"a", MAGIC_PNG},       {"a.x", MAGIC_PNG}};
    static const char *const others[] = {"a.webp", "a.GIF", "a.tiff", "a.svg"};
    support_folder_make(folder);
    vq_image image = make(40, 30);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_ok(vq_image_check_target(in_folder(cases[i].name), &err), &err);
        assert_ok(vq_image_write(&image, path, &err), &err);
        assert_int_equal(magic_of_file(path), cases[i].kind);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_fails(vq_image_check_target(in_folder(others[i]), &err), VQ_EUSAGE, &err,
                     "pictures are written as .png, or as .jpg with a loss");
        assert_fails(vq_image_write(&image, path, &err), VQ_EUSAGE, &err, others[i]);
        assert_false(file_exists(path));
    }
    assert_fails(vq_image_check_target(in_folder("no/a.jpg"), &err), VQ_EIO, &err,
                 "no/a.jpg");
    vq_image_release(&image);
    support_folder_remove(folder);
}

/* A JPEG of quality 95 is near what was written, and takes it in any portions. */
static void test_write__jpeg(void **state)
{
    (void)state;
    static const int sides[][2] = {{1, 1}, {17, 9}, {64, 64}, {200, 131}};
    support_folder_make(folder);
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        vq_image image = make(sides[i][0], sides[i][1]), back;
        const size_t row = 3 * (size_t)image.width;
        unsigned char *whole, *parts;
        size_t n_whole, n_parts;
        image_writer w;
        assert_ok(vq_image_write(&image, in_folder("a.jpg"), &err), &err);
        assert_ok(file_read(path, 1 << 20, &whole, &n_whole, &err), &err);
        assert_ok(vq_image_read(&back, path, &err), &err);
        assert_int_equal(back.width, image.width);
        assert_int_equal(back.height, image.height);
        size_t off = 0;
        for (size_t k = 0; k < row * (size_t)image.height; k++)
            off += (size_t)abs(back.rgb[k] - image.rgb[k]);
        assert_in_range(off, 0, 4 * row * (size_t)image.height);
        assert_ok(image_writer_open(&w, in_folder("b.jpg"), image.width, image.height,
                                    false, &err),
                  &err);
        for (int y = 0, n = 1; y < image.height; y += n, n = n % 3 + 1) {
            n = n < image.height - y ? n : image.height - y;
            assert_ok(image_writer_rows(&w, image.rgb + y * row, n, &err), &err);
        }
        assert_ok(image_writer_commit(&w, &err), &err);
        image_writer_abort(&w); /* closed already */
        assert_ok(file_read(path, 1 << 20, &parts, &n_parts, &err), &err);
        assert_int_equal(n_parts, n_whole);
        assert_memory_equal(parts, whole, n_whole);
        free(whole);
        free(parts);
        vq_image_release(&image);
        vq_image_release(&back);
    }
    support_folder_remove(folder);
}

/* Gray is written as gray, and stays so. */
static void test_write__gray(void **state)
{
    (void)state;
    static const char *const names[] = {"a.png", "a.jpg"};
    support_folder_make(folder);
    vq_image image = make(30, 20), back;
    for (int i = 0; i < 600; i++)
        memset(image.rgb + 3 * i, image.rgb[3 * i], 3);
    image.gray = true;
    for (int i = 0; i < 2; i++) {
        assert_ok(vq_image_write(&image, in_folder(names[i]), &err), &err);
        assert_ok(vq_image_read(&back, path, &err), &err);
        assert_true(back.gray);
        vq_image_release(&back);
    }
    vq_image_release(&image);
    support_folder_remove(folder);
}

/* A block of Exif's kind that is too short to be one is passed over. */
static void test_write__jpeg_with_a_short_block(void **state)
{
    (void)state;
    static const unsigned char block[] = {0xff, 0xe1, 0, 5, 'E', 'x', 'i'};
    unsigned char *bytes, longer[20000];
    size_t size;
    support_folder_make(folder);
    vq_image image = make(40, 30), back;
    assert_ok(vq_image_write(&image, in_folder("a.jpg"), &err), &err);
    assert_ok(file_read(path, 10000, &bytes, &size, &err), &err);
    memcpy(longer, bytes, 2);
    memcpy(longer + 2, block, sizeof block);
    memcpy(longer + 2 + sizeof block, bytes + 2, size - 2);
    assert_ok(file_write(path, longer, size + sizeof block, &err), &err);
    assert_ok(vq_image_read(&back, path, &err), &err);
    assert_true(back.width == 40 && back.height == 30);
    free(bytes);
    vq_image_release(&image);
    vq_image_release(&back);
    support_folder_remove(folder);
}

/* Of either format the longest sides are written, and one pixel more is refused. */
static void test_write__longest_sides(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int side;
    } cases[] = {{"a.jpg", 65500}, {"a.png", 1000000}};
    support_folder_make(folder);
    unsigned char *rgb = calloc(3, 1000001);
    assert_non_null(rgb);
    for (int i = 0; i < 4; i++) {
        const int side = cases[i / 2].side;
        vq_image image = {.width = side, .height = 1, .rgb = rgb}, back;
        if (i % 2)
            image = (vq_image){.width = 1, .height = side, .rgb = rgb};
        assert_ok(vq_image_write(&image, in_folder(cases[i / 2].name), &err), &err);
        assert_ok(vq_image_read(&back, path, &err), &err);
        assert_true(back.width == image.width && back.height == image.height);
        vq_image_release(&back);
        *(i % 2 ? &image.height : &image.width) += 1;
        assert_fails(vq_image_write(&image, path, &err), VQ_EINPUT, &err,
                     "pixels, where a side");
    }
    free(rgb);
    support_folder_remove(folder);
}

static void test_write__jpeg_faults(void **state)
{
    (void)state;
    support_folder_make(folder);
    vq_image image = make(200, 200), wide = image, none = {0};
    image_writer w;
    wide.width = 65501;
    assert_fails(vq_image_write(&wide, in_folder("a.jpg"), &err), VQ_EINPUT, &err,
                 "65501 x 200 pixels, where a side of a JPEG is 1 to 65500");
    assert_fails(vq_image_write(&none, path, &err), VQ_EINPUT, &err, "0 x 0 pixels");
    none.width = 200;
    assert_fails(vq_image_write(&none, path, &err), VQ_EINPUT, &err, "200 x 0 pixels");
    assert_fails(vq_image_write(&image, in_folder("no/a.jpg"), &err), VQ_EIO, &err,
                 "no/a.jpg': No such file or directory");
    assert_int_equal(symlink("/dev/full", in_folder("full.jpg")), 0);
    assert_fails(vq_image_write(&image, path, &err), VQ_EIO, &err,
                 "No space left on device");
    assert_ok(image_writer_open(&w, in_folder("b.jpg"), 200, 200, false, &err), &err);
    assert_ok(image_writer_rows(&w, image.rgb, 200, &err), &err);
    image_writer_abort(&w);
    assert_false(file_exists(path));
    for (long n = 1;; n++) { /* every allocation fails once */
        support_alloc_fail_at(n);
        vq_status status = vq_image_write(&image, in_folder("c.jpg"), &err);
        support_alloc_fail_at(0);
        if (status == VQ_OK)
            break;
        assert_int_equal(status, VQ_ENOMEM);
        assert_false(file_exists(path));
    }
    vq_image_release(&image);
    support_folder_remove(folder);
}

const struct CMUnitTest test_write_suite[] = {
    cmocka_unit_test(test_write__by_its_name),
    cmocka_unit_test(test_write__jpeg),
    cmocka_unit_test(test_write__gray),
    cmocka_unit_test(test_write__longest_sides),
    cmocka_unit_test(test_write__jpeg_faults),
    cmocka_unit_test(test_write__jpeg_with_a_short_block),
    {0},
};
