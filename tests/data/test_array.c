/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/dataset.h"

static vq_error err;

enum { N = 3, H = 5, W = 7, AREA = H * W };

/* Byte of picture i, row y, column x, channel c of every array below. */
static unsigned char byte_at(int i, int y, int x, int c)
{
    return files_byte(i, x, y, c);
}

/* Every area of every picture. */
static void check_areas(dataset *ds, bool gray)
{
    unsigned char rgb[AREA * 3];
    for (int i = 0; i < N; i++)
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++)
                for (int h = 1; h <= H - y; h++)
                    for (int w = 1; w <= W - x; w++) {
                        const source_area a = {y, x, h, w};
                        assert_ok(
                            ds->source.ops->read(ds->source.state, i, a, rgb, &err),
                            &err);
                        for (int k = 0; k < h * w * 3; k++)
                            assert_int_equal(rgb[k],
                                             byte_at(i, y + k / 3 / w, x + k / 3 % w,
                                                     gray ? 0 : k % 3));
                    }
}

static void test_array__layouts(void **state)
{
    (void)state;
    static const char *const shapes[] = {"3, 5, 7, 3", "3, 3, 5, 7", "3, 5, 7"};
    char dir[256], name[VQ_PATH_MAX];
    support_folder_make(dir);
    for (int layout = 0; layout < 3; layout++) {
        unsigned char data[N * AREA * 3];
        const int channels = layout == 2 ? 1 : 3;
        for (int k = 0; k < N * AREA * channels; k++) {
            int i = k / (AREA * channels), at = k % (AREA * channels);
            int pixel = layout == 0 ? at / 3 : at % AREA;
            int c = layout == 0 ? at % 3 : at / AREA;
            data[k] = byte_at(i, pixel / W, pixel % W, c);
        }
        const char *path = files_npy(dir, "a.npy", "|u1", "False", shapes[layout], data,
                                     (size_t)(N * AREA * channels));
        dataset ds;
        int height, width;
        assert_ok(files_open(&ds, path, "", "test", &err), &err);
        assert_int_equal(ds.n, N);
        assert_true(dataset_one_size(&ds, &height, &width));
        assert_true(height == H && width == W);
        assert_int_equal(dataset_classes(&ds), 0);
        dataset_image_name(&ds, 2, name);
        assert_string_equal(strrchr(name, '/'), "/a.npy[2]");
        check_areas(&ds, layout == 2);
        dataset_close(&ds);
    }
    support_folder_remove(dir);
}

/* Rows longer than what is spread at a time. */
static void test_array__wide_rows(void **state)
{
    (void)state;
    enum { WIDE = 10000 };
    char dir[256];
    dataset ds;
    unsigned char *data = malloc(3 * WIDE), *rgb = malloc(3 * WIDE);
    support_folder_make(dir);
    for (int k = 0; k < 3 * WIDE; k++)
        data[k] = (unsigned char)(k % WIDE % 251 + k / WIDE);
    const char *path =
        files_npy(dir, "a.npy", "|u1", "False", "1, 3, 1, 10000", data, 3 * WIDE);
    assert_ok(files_open(&ds, path, "", "train", &err), &err);
    assert_ok(dataset_read(&ds, 0, rgb, &err), &err);
    for (int k = 0; k < 3 * WIDE; k++)
        assert_int_equal(rgb[k], (unsigned char)(k / 3 % 251 + k % 3));
    dataset_close(&ds);
    support_folder_remove(dir);
    free(data);
    free(rgb);
}

static void test_array__refuses(void **state)
{
    (void)state;
    static const struct {
        const char *dtype, *order, *shape;
        size_t size;
        const char *want;
    } cases[] = {
        {"<f4", "False", "1, 2, 2, 3", 48,
         "holds '<f4', where uint8 ('|u1') is needed"},
        {"|u1", "True", "1, 2, 2, 3", 12, "is in Fortran order, where C is needed"},
        {"|u1", "False", "2, 3", 6,
         "has the shape 2 x 3, where pictures are [n,height"},
        {"|u1", "False", "", 1, "has the shape of a single number, where"},
        {"|u1", "False", "1, 2, 2, 4", 16, "has the shape 1 x 2 x 2 x 4, where"},
        {"|u1", "False", "0, 2, 2, 3", 0, "has the shape 0 x 2 x 2 x 3: no picture"},
        {"|u1", "False", "1, 0, 2, 3", 0, "no picture"},
        {"|u1", "False", "1, 16385, 16384, 3", 9, "or one of more than 268435456"},
        {"|u1", "False", "1, 4294967296, 4294967296, 3", 9, "or one of more than"},
        {"|u1", "False", "1, 2, 2, 3", 11,
         "has 11 bytes of data, not the 1 x 2 x 2 x 3"},
        {"|u1", "False", "1, 2, 2, 3", 13, "has 13 bytes of data, not the"},
        {"|u1", "False", "9223372036854775807, 2, 2, 3", 12, "has 12 bytes of data"},
        {"|u1", "False", "1, 2, 2, 3, 4", 48, "the header is not understood"},
    };
    unsigned char data[64] = {0};
    char dir[256];
    support_folder_make(dir);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dataset ds;
        int next = dup(0);
        close(next);
        const char *path = files_npy(dir, "a.npy", cases[i].dtype, cases[i].order,
                                     cases[i].shape, data, cases[i].size);
        assert_fails(files_open(&ds, path, "", "train", &err), VQ_EINPUT, &err,
                     cases[i].want);
        int after = dup(0); /* the lowest free descriptor: the same if none leaked */
        close(after);
        assert_int_equal(after, next);
    }
    support_folder_remove(dir);
}

static void test_array__cut_short_later(void **state)
{
    (void)state;
    char dir[256];
    dataset ds;
    unsigned char data[2 * 12] = {0}, rgb[12];
    support_folder_make(dir);
    const char *path =
        files_npy(dir, "a.npy", "|u1", "False", "2, 2, 2, 3", data, sizeof data);
    int fd = dup(0); /* the lowest free descriptor: the file's */
    close(fd);
    assert_ok(files_open(&ds, path, "", "train", &err), &err);
    FILE *f = fopen(path, "rb");
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    long size = ftell(f);
    fclose(f);
    files_resize(dir, "a.npy", size - 5);
    assert_ok(dataset_read(&ds, 0, rgb, &err), &err);
    assert_fails(dataset_read(&ds, 1, rgb, &err), VQ_EINPUT, &err,
                 "/a.npy' ends at byte ");
    int writable = open(path, O_WRONLY);
    assert_int_equal(dup2(writable, fd), fd);
    close(writable);
    assert_fails(dataset_read(&ds, 0, rgb, &err), VQ_EIO, &err, "Bad file descriptor");
    dataset_close(&ds);
    support_folder_remove(dir);
}

static void test_array__failed_allocation(void **state)
{
    (void)state;
    char dir[256];
    unsigned char data[12] = {0};
    support_folder_make(dir);
    const char *path =
        files_npy(dir, "a.npy", "|u1", "False", "1, 2, 2, 3", data, sizeof data);
    dataset ds;
    support_alloc_fail_at(1);
    assert_fails(files_open(&ds, path, "", "train", &err), VQ_ENOMEM, &err,
                 "out of memory");
    support_alloc_fail_at(0);
    support_folder_remove(dir);
}

const struct CMUnitTest test_array_suite[] = {
    cmocka_unit_test(test_array__layouts),
    cmocka_unit_test(test_array__wide_rows),
    cmocka_unit_test(test_array__refuses),
    cmocka_unit_test(test_array__cut_short_later),
    cmocka_unit_test(test_array__failed_allocation),
    {0},
};
