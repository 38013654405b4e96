/*
 * SPDX-License-Identifier: MIT
 *
 * What is said of a file by its first bytes alone, where its size is known, and of a
 * pipe, where it is not.
 */
#include "faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "io/model_file.h"
#include "io/npy.h"
#include "io/safetensors.h"
#include "io/tokens.h"
#include "io/vqt.h"

static vq_error err;

static void test_look__npy(void **state)
{
    (void)state;
    const int64_t dims[] = {1000};
    char text[NPY_HEADER_MAX];
    const size_t n = npy_header_make(text, "<i4", 1, dims);
    const unsigned char *bytes = (const unsigned char *)text;
    assert_ok(npy_look("a", bytes, n, -1, &err), &err);
    assert_ok(npy_look("a", bytes, n, (int64_t)n + 4000, &err), &err);
    assert_fails(npy_look("a", bytes, n, (int64_t)n + 3999, &err), VQ_EINPUT, &err,
                 "'a'");
    text[0] = 'x';
    assert_fails(npy_look("a", bytes, n, -1, &err), VQ_EINPUT, &err, "'a'");
}

static void test_look__safetensors(void **state)
{
    (void)state;
    unsigned char bytes[64] = {2, 0, 0, 0, 0, 0, 0, 0, '{', '}'};
    assert_ok(st_look("m", bytes, sizeof bytes, 10, &err), &err);
    assert_fails(st_look("m", bytes, sizeof bytes, 11, &err), VQ_EINPUT, &err, "'m'");
    assert_ok(st_look("m", bytes, sizeof bytes, -1, &err), &err);
    bytes[4] = 1; /* a header of 4 GB */
    assert_fails(st_look("m", bytes, sizeof bytes, -1, &err), VQ_EINPUT, &err, "'m'");
    assert_ok(st_look("m", bytes, 3, -1, &err), &err); /* too little to say */
}

static void test_look__vqt(void **state)
{
    (void)state;
    static int32_t index[400];
    const vq_codes codes = {
        .n = 100, .h = 2, .w = 2, .depth = 1, .k = 256, .index = index};
    unsigned char *bytes;
    size_t size;
    assert_ok(vqt_write(&codes, in_folder("a"), &err), &err);
    assert_ok(file_read(in_folder("a"), 1000, &bytes, &size, &err), &err);
    assert_ok(vqt_look("a", bytes, size, (int64_t)size, &err), &err);
    assert_ok(vqt_look("a", bytes, size, -1, &err), &err);
    assert_fails(vqt_look("a", bytes, size, (int64_t)size + 1, &err), VQ_EINPUT, &err,
                 "bytes of data for 100 images");
    assert_ok(vqt_look("a", bytes, 30, (int64_t)size, &err), &err);
    free(bytes);
}

/* Of a text each byte must be one that codes are written with. */
static void test_look__text(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        const unsigned char bytes[] = {'1', ' ', (unsigned char)byte, '2'};
        vq_status status = tokens_look("t", bytes, sizeof bytes, -1, &err);
        if (byte && strchr("0123456789, \t\r\n", byte))
            assert_ok(status, &err);
        else
            assert_fails(status, VQ_EINPUT, &err, "'t' does not hold codes: byte 2");
    }
}

/* Of large files: PyTorch's are read, whatever else is not. */
static void test_look__large_model(void **state)
{
    (void)state;
    static const struct {
        const char *begins, *want;
    } cases[] = {{"PK\003\004", "'"}, {"GIF89a", "GIF"}};
    for (int i = 0; i < 2; i++) {
        st_file f;
        const char *path = in_folder("m");
        assert_ok(file_write(path, cases[i].begins, strlen(cases[i].begins), &err),
                  &err);
        assert_int_equal(truncate(path, FILE_LOOK_BYTES + 100), 0);
        assert_fails(model_file_read(&f, path, &err), VQ_EINPUT, &err, cases[i].want);
    }
}

/* Codes that cannot be written, or laid out otherwise. */
static void test_look__odd_codes(void **state)
{
    (void)state;
    static int32_t index[12];
    static const int sizes[][4] = {
        {0, 1, 1, 1}, {1, 0, 1, 1}, {1, 1, 0, 1}, {1 << 30, 1 << 30, 1 << 30, 1}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const vq_codes codes = {.n = sizes[i][0],
                                .h = sizes[i][1],
                                .w = sizes[i][2],
                                .depth = sizes[i][3],
                                .k = 4,
                                .index = index};
        assert_fails(vq_codes_write(&codes, in_folder("a.npy"), VQ_CODES_NPY, &err),
                     VQ_EINPUT, &err, "cannot write");
    }
    static const struct {
        int n, h, w, to[3];
        bool good;
    } shapes[] = {
        {1, 1, 12, {2, 3, 1}, true},
        {1, 2, 6, {1, 3, 2}, true},
        {1, 1, 12, {0, 3, 1}, false},
        {1, 1, 12, {2, 0, 1}, false},
        {1, 1, 12, {2, 3, 0}, false},
        {1, 1, 12, {5, 1, 1}, false},
        {2, 1, 6, {2, 3, 1}, true},
        {2, 1, 6, {3, 4, 1}, false},
        {1, 1, 12, {1 << 30, 1 << 30, 1 << 30}, false},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        vq_codes codes = {.n = shapes[i].n,
                          .h = shapes[i].h,
                          .w = shapes[i].w,
                          .depth = 1,
                          .k = 4,
                          .index = index};
        const int *to = shapes[i].to;
        vq_status status = vq_codes_reshape(&codes, to[0], to[1], to[2], &err);
        if (!shapes[i].good)
            assert_fails(status, VQ_EINPUT, &err, "are no sequences of");
        else {
            assert_ok(status, &err);
            assert_int_equal(codes.n * to[0] * to[1] * to[2], 12);
        }
    }
}

const struct CMUnitTest test_look_suite[] = {
    cmocka_unit_test(test_look__npy),
    cmocka_unit_test(test_look__safetensors),
    folder_test(test_look__vqt),
    folder_test(test_look__large_model),
    cmocka_unit_test(test_look__text),
    folder_test(test_look__odd_codes),
    {0},
};
