/*
 * SPDX-License-Identifier: MIT
 *
 * The decoder against Pillow's pixels, and what is wrong with a JPEG, a disk or the
 * memory becomes a message.
 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "image/jpeg.h"
#include "image/jpeg_files.h"

static vq_error err;

static const jpeg_file *find(const char *name)
{
    for (size_t i = 0; i < JPEG_FILES; i++)
        if (strcmp(jpeg_files[i].name, name) == 0)
            return &jpeg_files[i];
    fail_msg("no file '%s' in jpeg.inc", name);
    return NULL;
}

static vq_status read_bytes(vq_image *image, const unsigned char *bytes, size_t size)
{
    FILE *stream = fmemopen((void *)(uintptr_t)bytes, size, "rb");
    assert_non_null(stream);
    vq_status status = jpeg_decode(image, IMAGE_ALL_ROWS, "memory", stream, &err);
    fclose(stream);
    return status;
}

/* Every kind, every orientation: the pixels that Pillow makes, and that size. */
static void test_jpeg__pixels(void **state)
{
    (void)state;
    for (size_t i = 0; i < JPEG_FILES; i++) {
        const jpeg_file *k = &jpeg_files[i];
        vq_image image, size;
        assert_ok(read_bytes(&image, k->file, k->size), &err);
        uint32_t crc =
            (uint32_t)crc32(0, image.rgb, (uInt)(image.width * image.height * 3));
        assert_int_equal(image.gray, strstr(k->name, "gray") != NULL);
        if (image.width != k->width || image.height != k->height || crc != k->crc)
            fail_msg("%s: %d x %d, 0x%08x; want %d x %d, 0x%08x", k->name, image.width,
                     image.height, crc, k->width, k->height, k->crc);
        vq_image_release(&image);
        FILE *stream = fmemopen((void *)(uintptr_t)k->file, k->size, "rb");
        assert_ok(jpeg_decode(&size, IMAGE_SIZE_ALONE, "memory", stream, &err), &err);
        fclose(stream);
        assert_true(size.width == k->width && size.height == k->height && !size.rgb);
    }
}

/* An orientation under another mark than Exif's turns nothing. */
static void test_jpeg__other_marks(void **state)
{
    (void)state;
    const jpeg_file *k = find("orientation 6");
    vq_image image;
    unsigned char *bytes = malloc(k->size), *mark;
    assert_non_null(bytes);
    memcpy(bytes, k->file, k->size);
    mark = memmem(bytes, k->size, "Exif\0", 6);
    assert_non_null(mark);
    mark[3] = 't';
    assert_ok(read_bytes(&image, bytes, k->size), &err);
    assert_true(image.width == k->height && image.height == k->width);
    vq_image_release(&image);
    free(bytes);
}

/* The first rows alone are those of the whole picture, turned or not. */
static void test_jpeg__first_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < JPEG_FILES; i++) {
        const jpeg_file *k = &jpeg_files[i];
        vq_image all;
        assert_ok(read_bytes(&all, k->file, k->size), &err);
        for (int rows = 1; rows <= k->height + 1; rows++) {
            vq_image some;
            const int good = rows < k->height ? rows : k->height;
            FILE *stream = fmemopen((void *)(uintptr_t)k->file, k->size, "rb");
            assert_ok(jpeg_decode(&some, rows, "memory", stream, &err), &err);
            fclose(stream);
            assert_true(some.width == all.width && some.height == all.height);
            assert_memory_equal(some.rgb, all.rgb, (size_t)3 * good * all.width);
            vq_image_release(&some);
        }
        vq_image_release(&all);
    }
}

/* Where libjpeg would fill up what is missing. */
static void test_jpeg__truncated_at_every_byte(void **state)
{
    (void)state;
    static const char *const names[] = {"baseline 4:2:0", "progressive 4:2:2", "CMYK",
                                        "orientation 6", "restarts"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const jpeg_file *k = find(names[i]);
        for (size_t size = 1; size < k->size; size++) {
            char want[80];
            vq_image image;
            snprintf(want, sizeof want, "'memory' is not a valid JPEG: ");
            assert_fails(read_bytes(&image, k->file, size), VQ_EINPUT, &err, want);
            assert_null(image.rgb);
        }
    }
}

/* No change of a byte is worse than a message or another picture (under ASan). */
static void test_jpeg__every_byte_changed(void **state)
{
    (void)state;
    int refused = 0, read = 0;
    for (size_t i = 0; i < JPEG_FILES; i++) {
        unsigned char *copy = malloc(jpeg_files[i].size);
        memcpy(copy, jpeg_files[i].file, jpeg_files[i].size);
        for (size_t k = 0; k < jpeg_files[i].size; k++) {
            vq_image image;
            copy[k] ^= 0x55;
            if (read_bytes(&image, copy, jpeg_files[i].size) == VQ_OK)
                read++;
            else {
                assert_non_null(strstr(err.message, "'memory' "));
                assert_null(image.rgb);
                refused++;
            }
            vq_image_release(&image);
            copy[k] ^= 0x55;
        }
        free(copy);
    }
    assert_true(refused > 1000 && read > 100);
}

/* The place of the two bytes FF `marker`. */
static size_t marker(const jpeg_file *k, unsigned char code)
{
    for (size_t i = 0; i + 1 < k->size; i++)
        if (k->file[i] == 0xFF && k->file[i + 1] == code)
            return i;
    fail_msg("no marker %02x", code);
    return 0;
}

static void test_jpeg__damaged_data(void **state)
{
    (void)state;
    const jpeg_file *k = find("baseline 4:2:0");
    unsigned char *copy = malloc(k->size);
    vq_image image;
    memcpy(copy, k->file, k->size);
    size_t data = marker(k, 0xDA) + 14;
    memset(copy + data, 0xFE, k->size - 2 - data); /* but for the end marker */
    assert_fails(read_bytes(&image, copy, k->size), VQ_EINPUT, &err,
                 "'memory' is not a valid JPEG: Corrupt JPEG data");
    memcpy(copy, k->file, k->size);
    copy[data] = 0xFF; /* an end where there must be data */
    copy[data + 1] = 0xD9;
    assert_fails(read_bytes(&image, copy, k->size), VQ_EINPUT, &err,
                 "premature end of data segment");
    free(copy);
}

/* Padding between segments is legal enough: the picture is all there. */
static void test_jpeg__padding(void **state)
{
    (void)state;
    const jpeg_file *k = find("gray");
    unsigned char *copy = malloc(k->size + 5);
    vq_image image;
    size_t at = marker(k, 0xDA);
    memcpy(copy, k->file, at);
    memset(copy + at, 0, 5);
    memcpy(copy + at + 5, k->file + at, k->size - at);
    assert_ok(read_bytes(&image, copy, k->size + 5), &err);
    assert_int_equal(crc32(0, image.rgb, (uInt)(image.width * image.height * 3)),
                     k->crc);
    vq_image_release(&image);
    free(copy);
}

/* The sizes of the frame header, where they are not what the data has. */
static void test_jpeg__sizes_in_the_header(void **state)
{
    (void)state;
    static const struct {
        int width, height;
        const char *want;
    } cases[] = {
        {16385, 16384, "has 16385 x 16384 pixels, more than 268435456"},
        {65535, 65535, "Maximum supported image dimension is 65500 pixels"},
        {0, 11, "Empty JPEG image"},
        {19, 500, "premature end of data segment"},
    };
    const jpeg_file *k = find("baseline 4:2:0");
    unsigned char *copy = malloc(k->size);
    memcpy(copy, k->file, k->size);
    size_t at = marker(k, 0xC0) + 5;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vq_image image;
        copy[at] = (unsigned char)(cases[i].height >> 8);
        copy[at + 1] = (unsigned char)cases[i].height;
        copy[at + 2] = (unsigned char)(cases[i].width >> 8);
        copy[at + 3] = (unsigned char)cases[i].width;
        assert_fails(read_bytes(&image, copy, k->size), VQ_EINPUT, &err, cases[i].want);
        assert_null(image.rgb);
    }
    free(copy);
}

/* A scan of a progressive file again and again costs the reader a pass each time. */
static void test_jpeg__too_many_scans(void **state)
{
    (void)state;
    const jpeg_file *k = find("progressive gray");
    size_t scan = marker(k, 0xDA), end = scan + 2;
    while (k->file[end] != 0xFF || k->file[end + 1] == 0)
        end++;
    size_t length = end - scan, size = scan + 600 * length + k->size - end;
    unsigned char *many = malloc(size);
    memcpy(many, k->file, scan);
    for (size_t i = 0; i < 600; i++)
        memcpy(many + scan + i * length, k->file + scan, length);
    memcpy(many + scan + 600 * length, k->file + end, k->size - end);
    vq_image image;
    assert_fails(read_bytes(&image, many, size), VQ_EINPUT, &err,
                 "'memory' is not a valid JPEG: it has more than 500 scans");
    free(many);
}

/* A stream that fails, or ends, after so many bytes of a file. */
typedef struct faulty {
    const jpeg_file *k;
    size_t at, fails_at;
} faulty;

static ssize_t faulty_read(void *cookie, char *to, size_t size)
{
    faulty *f = cookie;
    if (f->at >= f->fails_at)
        return -1;
    size_t n = f->fails_at - f->at < size ? f->fails_at - f->at : size;
    memcpy(to, f->k->file + f->at, n);
    f->at += n;
    return (ssize_t)n;
}

static void test_jpeg__cannot_be_read(void **state)
{
    (void)state;
    const jpeg_file *k = find("orientation 6");
    static const size_t fails_at[] = {0, 1, 30, 300};
    for (size_t i = 0; i < sizeof fails_at / sizeof *fails_at; i++) {
        faulty f = {k, 0, fails_at[i]};
        FILE *stream =
            fopencookie(&f, "rb", (cookie_io_functions_t){.read = faulty_read});
        vq_image image;
        assert_fails(jpeg_decode(&image, IMAGE_ALL_ROWS, "disk", stream, &err), VQ_EIO,
                     &err, "cannot read 'disk': ");
        fclose(stream);
        assert_null(image.rgb);
    }
}

static void test_jpeg__every_allocation(void **state)
{
    (void)state;
    const jpeg_file *k = find("orientation 6");
    vq_status status = VQ_ENOMEM;
    int failures = 0;
    for (int at = 1; status != VQ_OK; at++) {
        FILE *stream = fmemopen((void *)(uintptr_t)k->file, k->size, "rb");
        vq_image image;
        support_alloc_fail_at(at);
        status = jpeg_decode(&image, IMAGE_ALL_ROWS, "memory", stream, &err);
        support_alloc_fail_at(0);
        fclose(stream);
        if (status != VQ_OK) {
            assert_fails(status, VQ_ENOMEM, &err, "out of memory");
            assert_null(image.rgb);
            failures++;
        }
        vq_image_release(&image);
        assert_true(at < 100);
    }
    assert_int_equal(failures, 3); /* session, pixels, turned pixels */
}

const struct CMUnitTest test_jpeg_suite[] = {
    cmocka_unit_test(test_jpeg__pixels),
    cmocka_unit_test(test_jpeg__other_marks),
    cmocka_unit_test(test_jpeg__first_rows),
    cmocka_unit_test(test_jpeg__truncated_at_every_byte),
    cmocka_unit_test(test_jpeg__every_byte_changed),
    cmocka_unit_test(test_jpeg__damaged_data),
    cmocka_unit_test(test_jpeg__padding),
    cmocka_unit_test(test_jpeg__sizes_in_the_header),
    cmocka_unit_test(test_jpeg__too_many_scans),
    cmocka_unit_test(test_jpeg__cannot_be_read),
    cmocka_unit_test(test_jpeg__every_allocation),
    {0},
};
