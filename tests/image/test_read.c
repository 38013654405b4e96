/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "image/jpeg_files.h"
#include "image/png_build.h"
#include "image/read.h"

static vq_error err;

static const char *write_file(const char *name, const void *bytes, size_t size)
{
    const char *path = in_folder(name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
    return path;
}

/* A PNG of 3 x 2 pixels of different reds, with an eXIf chunk or without one. */
static png_bytes make_png(const void *exif, size_t exif_size, bool after)
{
    static const unsigned char rows[2][10] = {{0, 10, 0, 0, 20, 0, 0, 30, 0, 0},
                                              {0, 40, 0, 0, 50, 0, 0, 60, 0, 0}};
    unsigned char packed[100];
    uLongf size = sizeof packed;
    assert_int_equal(compress(packed, &size, rows[0], sizeof rows), Z_OK);
    png_bytes file = png_build_header(3, 2, 8, 2, 0);
    if (exif && !after)
        png_chunk(&file, "eXIf", exif, exif_size);
    png_chunk(&file, "IDAT", packed, size);
    if (exif && after)
        png_chunk(&file, "eXIf", exif, exif_size);
    png_chunk(&file, "IEND", "", 0);
    return file;
}

static vq_status read_size(vq_image *size, const char *path)
{
    FILE *stream = fopen(path, "rb");
    assert_non_null(stream);
    vq_status status = image_decode(size, IMAGE_SIZE_ALONE, path, stream, &err);
    fclose(stream);
    return status;
}

/* By their first bytes, whatever they are called. */
static void test_read__by_content(void **state)
{
    (void)state;
    vq_image image, size;
    const char *path = write_file("a.png", jpeg_files[0].file, jpeg_files[0].size);
    assert_ok(vq_image_read(&image, path, &err), &err);
    assert_int_equal(crc32(0, image.rgb, (uInt)(image.width * image.height * 3)),
                     jpeg_files[0].crc);
    vq_image_release(&image);
    png_bytes png = make_png(NULL, 0, false);
    path = write_file("b.jpg", png.v, png.size);
    assert_ok(vq_image_read(&image, path, &err), &err);
    assert_true(image.width == 3 && image.height == 2 && image.rgb[3] == 20);
    vq_image_release(&image);
    assert_ok(read_size(&size, path), &err);
    assert_true(size.width == 3 && size.height == 2 && !size.rgb);
    free(png.v);
}

/* An eXIf chunk before the pixels turns a PNG; damaged, huge or behind them, it does
 * not.
 */
static void test_read__exif_of_png(void **state)
{
    (void)state;
    static const unsigned char exif[] =
        "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"
        "\x06\0\0\0\0\0\0";
    enum { HUGE_SIZE = 9 << 20 };
    unsigned char *block = calloc(HUGE_SIZE, 1);
    assert_non_null(block);
    memcpy(block, exif, sizeof exif);
    static const struct {
        size_t size;
        bool after;
        const char *want;
    } cases[] = {{sizeof exif - 1, false, "4 1/5 2/6 3"},
                 {sizeof exif - 1, true, "1 2 3/4 5 6"},
                 {15, false, "1 2 3/4 5 6"},
                 {HUGE_SIZE, false, "1 2 3/4 5 6"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        png_bytes png = make_png(block, cases[i].size, cases[i].after);
        const char *path = write_file("a.png", png.v, png.size);
        vq_image image, size;
        char got[32] = "";
        assert_ok(vq_image_read(&image, path, &err), &err);
        assert_ok(read_size(&size, path), &err);
        assert_true(size.width == image.width && size.height == image.height);
        for (int k = 0; k < 6; k++) {
            char text[4] = {(char)('0' + image.rgb[3 * k] / 10),
                            k % image.width == image.width - 1 ? '/' : ' '};
            strcat(got, text);
        }
        got[strlen(got) - 1] = '\0';
        assert_string_equal(got, cases[i].want);
        vq_image_release(&image);
        free(png.v);
    }
    free(block);
}

static void test_read__says_what_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *want;
    } cases[] = {
        {"", 0, "/x.png' is empty"},
        {"hello", 5, "/x.png' is neither a PNG nor a JPEG"},
        {"GIF89a__", 8, "neither a PNG nor a JPEG, but looks like a GIF"},
        {"RIFF\1\2\3\4WEBPVP8 ", 16, "but looks like a WebP"},
        {"BM____\0\0\0\0", 10, "but looks like a BMP"},
        {"II*\0____", 8, "but looks like a TIFF"},
        {"MM\0*____", 8, "but looks like a TIFF"},
        {"\0\0\0\x1c"
         "ftypavif",
         12, "but looks like an AVIF"},
        {"<!DOCTYPE html>", 15, "but looks like a web page"},
        {"version https://git-lfs.github.com/spec/v1", 42, "like a Git LFS pointer"},
        {"\x89PNG is not enough", 18, "/x.png' is not a valid PNG: "},
        {"\xFF\xD8 is not enough", 16, "/x.png' is not a valid JPEG: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = write_file("x.png", cases[i].bytes, cases[i].size);
        vq_image image;
        assert_fails(vq_image_read(&image, path, &err), VQ_EINPUT, &err, cases[i].want);
        assert_null(image.rgb);
        assert_fails(read_size(&image, path), VQ_EINPUT, &err, cases[i].want);
    }
}

static void test_read__cannot_be_opened(void **state)
{
    (void)state;
    vq_image image;
    assert_fails(vq_image_read(&image, in_folder("none"), &err), VQ_EIO, &err,
                 "/none': No such file or directory");
    assert_fails(vq_image_read(&image, folder_path(), &err), VQ_EIO, &err,
                 "Is a directory");
}

/* A pipe gives its bytes once: it is opened once and read from its start on. */
static void test_read__pipe(void **state)
{
    (void)state;
    png_bytes png = make_png(NULL, 0, false);
    for (int jpeg = 0; jpeg < 2; jpeg++) {
        const char *path = in_folder(jpeg ? "jpeg" : "png");
        assert_int_equal(mkfifo(path, 0600), 0);
        pid_t writer = fork();
        if (writer == 0) {
            int fd = open(path, O_WRONLY);
            const unsigned char *at = jpeg ? jpeg_files[0].file : png.v;
            size_t left = jpeg ? jpeg_files[0].size : png.size;
            while (left > 0 && write(fd, at++, 1) == 1) /* byte for byte */
                left--;
            _exit(left > 0);
        }
        vq_image image;
        int code;
        assert_ok(vq_image_read(&image, path, &err), &err);
        assert_int_equal(image.width, jpeg ? jpeg_files[0].width : 3);
        vq_image_release(&image);
        assert_int_equal(waitpid(writer, &code, 0), writer);
        assert_int_equal(code, 0);
    }
    free(png.v);
}

#define CASE(name) folder_test(test_read__##name)

const struct CMUnitTest test_read_suite[] = {
    CASE(by_content),       CASE(exif_of_png), CASE(says_what_it_is),
    CASE(cannot_be_opened), CASE(pipe),        {0},
};
