/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jpeglib.h>

#include "base/file.h"
#include "data/cifar.h"

const char *files_path(const char *folder, const char *name)
{
    static char path[8][512];
    static int next;
    char *p = path[next++ % 8];
    snprintf(p, sizeof *path, "%s/%s", folder, name);
    return p;
}

unsigned char files_pixel(int image, int i)
{
    return (unsigned char)(image * 37 + i * 11 + i / 256);
}

static FILE *open_or_fail(const char *folder, const char *name, const char *mode)
{
    FILE *f = fopen(files_path(folder, name), mode);
    if (!f)
        fail_msg("cannot open '%s/%s'", folder, name);
    return f;
}

void files_write(const char *folder, const char *name, int labels, int n)
{
    FILE *f = open_or_fail(folder, name, "wb");
    for (int image = 0; image < n; image++) {
        for (int i = 0; i < labels; i++)
            fputc(0, f);
        for (int i = 0; i < CIFAR_PIXELS; i++)
            fputc(files_pixel(image, i), f);
    }
    assert_int_equal(fclose(f), 0);
}

void files_poke(const char *folder, const char *name, long offset, int byte)
{
    FILE *f = open_or_fail(folder, name, "r+b");
    assert_int_equal(fseek(f, offset, SEEK_SET), 0);
    fputc(byte, f);
    assert_int_equal(fclose(f), 0);
}

void files_resize(const char *folder, const char *name, long size)
{
    FILE *f = open_or_fail(folder, name, "ab");
    assert_int_equal(ftruncate(fileno(f), size), 0);
    assert_int_equal(fclose(f), 0);
}

vq_status files_open(dataset *ds, const char *data, const char *data_dir,
                     const char *split, vq_error *err)
{
    source_request r = {.data = data, .data_dir = data_dir};
    vq_status status = split_parse(&r.split, split, err);
    if (status == VQ_OK)
        return dataset_open(ds, &r, err);
    *ds = (dataset){0};
    return status;
}

void files_put(const char *folder, const char *name, const void *bytes, size_t size)
{
    FILE *f = open_or_fail(folder, name, "wb");
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

const char *files_npy(const char *folder, const char *name, const char *dtype,
                      const char *order, const char *shape, const unsigned char *data,
                      size_t n)
{
    FILE *f = open_or_fail(folder, name, "wb");
    char head[200];
    int length = snprintf(head, sizeof head,
                          "{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }\n",
                          dtype, order, shape);
    fwrite("\x93NUMPY\1\0", 1, 8, f);
    fputc(length, f);
    fputc(0, f);
    fwrite(head, 1, (size_t)length, f);
    if (n > 0)
        fwrite(data, 1, n, f);
    assert_int_equal(fclose(f), 0);
    return files_path(folder, name);
}

unsigned char files_byte(int salt, int x, int y, int ch)
{
    return (unsigned char)(x * 7 + y * 31 + ch * 5 + salt * 53);
}

/* libjpeg's own encoder: what is read back need not be the bytes that were drawn. */
static void write_jpeg(const char *path, const vq_image *image)
{
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    c.err = jpeg_std_error(&errors);
    jpeg_create_compress(&c);
    jpeg_stdio_dest(&c, f);
    c.image_width = (JDIMENSION)image->width;
    c.image_height = (JDIMENSION)image->height;
    c.input_components = 3;
    c.in_color_space = JCS_RGB;
    jpeg_set_defaults(&c);
    jpeg_start_compress(&c, TRUE);
    for (int y = 0; y < image->height; y++) {
        JSAMPROW row = image->rgb + (size_t)y * image->width * 3;
        jpeg_write_scanlines(&c, &row, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    assert_int_equal(fclose(f), 0);
}

void files_picture(const char *folder, const char *name, int width, int height,
                   int salt)
{
    char path[VQ_PATH_MAX];
    vq_error err;
    vq_image image = {
        .width = width, .height = height, .rgb = malloc((size_t)width * height * 3)};
    unsigned char *p = image.rgb;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int ch = 0; ch < 3; ch++)
                *p++ = files_byte(salt, x, y, ch);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    char *slash = strrchr(path, '/');
    *slash = '\0';
    assert_ok(file_make_dirs(path, &err), &err);
    *slash = '/';
    const char *end = strrchr(path, '.');
    if (strcasecmp(end, ".jpg") == 0)
        write_jpeg(path, &image);
    else
        assert_ok(vq_image_write(&image, path, &err), &err);
    vq_image_release(&image);
}

void files_make_folder(const char *folder, const char *name)
{
    assert_int_equal(mkdir(files_path(folder, name), 0777), 0);
}
