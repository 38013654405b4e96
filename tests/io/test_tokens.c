/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "io/npy.h"
#include "io/tokens.h"

static vq_error err;

static int32_t index_234[24] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
                                12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 511};
static const vq_codes codes_234 = {.n = 2,
                                   .h = 3,
                                   .w = 4,
                                   .k = 512,
                                   .width = 16,
                                   .height = 12,
                                   .fingerprint = 77,
                                   .index = index_234,
                                   .depth = 1};
static const char text_234[] = "0 1 2 3\n4 5 6 7\n8 9 10 11\n\n"
                               "12 13 14 15\n16 17 18 19\n20 21 22 511\n";

static vq_status parse(vq_codes *codes, const char *text)
{
    size_t size = strlen(text);
    unsigned char *copy = exact_copy(text, size);
    vq_status status = tokens_parse(codes, "c", copy, size, &err);
    if (status != VQ_OK)
        assert_null(codes->index);
    free(copy);
    return status;
}

static void assert_shape(const vq_codes *c, int n, int h, int w)
{
    assert_int_equal(c->n, n);
    assert_int_equal(c->h, h);
    assert_int_equal(c->w, w);
}

/* ---- text ------------------------------------------------------------------------ */

static void test_tokens__text_golden(void **state)
{
    (void)state;
    unsigned char *data;
    size_t size;
    vq_codes codes;
    assert_ok(vq_codes_write(&codes_234, in_folder("c.txt"), VQ_CODES_AUTO, &err),
              &err);
    assert_ok(file_read(in_folder("c.txt"), 1000, &data, &size, &err), &err);
    assert_int_equal(size, sizeof text_234 - 1);
    assert_memory_equal(data, text_234, size);
    free(data);
    assert_ok(vq_codes_read(&codes, in_folder("c.txt"), &err), &err);
    assert_shape(&codes, 2, 3, 4);
    assert_int_equal(codes.k, 0);
    assert_int_equal(codes.width, 0);
    assert_true(codes.fingerprint == 0);
    assert_memory_equal(codes.index, index_234, sizeof index_234);
    vq_codes_release(&codes);
    vq_codes_release(&codes);
}

static void test_tokens__text_accepted(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int n, h, w, last;
    } cases[] = {
        {"0", 1, 1, 1, 0},
        {"2147483647\n", 1, 1, 1, INT32_MAX},
        {"1 2\r\n3 4\r\n\r\n5 6\r\n7 8\r\n", 2, 2, 2, 8},
        {"\n\n 1\t2 \n \t\n\n\n3 4\n\n", 2, 1, 2, 4},
        {"007", 1, 1, 1, 7},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vq_codes c;
        assert_ok(parse(&c, cases[i].text), &err);
        assert_shape(&c, cases[i].n, cases[i].h, cases[i].w);
        assert_int_equal(c.index[c.n * c.h * c.w - 1], cases[i].last);
        vq_codes_release(&c);
    }
}

static void test_tokens__text_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "'c' holds no codes"},
        {" \n\r\n", "'c' holds no codes"},
        {"1 2\n3 x\n", "'c' does not hold codes: line 2, byte 6"},
        {"1 -2\n", "does not hold codes: line 1, byte 2"},
        {"1.5\n", "does not hold codes: line 1, byte 1"},
        {"1,\n", "does not hold codes: line 1, byte 2"},
        {",1\n", "does not hold codes: line 1, byte 0"},
        {"1, 2\n", "does not hold codes: line 1, byte 2"},
        {"1,2 3\n", "'c': line 1 has a position of 1 codes, others have 2"},
        {"1\n2,3\n", "'c': line 2 has a position of 2 codes, others have 1"},
        {"2147483648\n", "does not hold codes: line 1, byte 9"},
        {"99999999999999999999999\n", "does not hold codes: line 1, byte 9"},
        {"VQT", "does not hold codes: line 1, byte 0"},
        {"\x89PNG\r\n",
         "'c' is a PNG picture, not codes: make codes of it with 'vqvae encode'"},
        {"<!doctype html>", "'c' is a web page, not codes"},
        {"version https://git-lfs.github.com/spec/v1\n", "'c' is a Git LFS pointer"},
        {"PK\3\4", "'c' is a zip archive, not codes: unpack it first"},
        {"1 2\n3 4 5\n", "'c': line 2 has 3 codes, others have 2"},
        {"1 2\n\n3\n", "'c': line 3 has 1 codes, others have 2"},
        {"1\n2\n\n3\n\n4\n5\n",
         "'c': image 1, up to line 5, has 1 rows, others have 2"},
        {"1\n\n2\n3", "'c': image 1, up to line 4, has 2 rows, others have 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vq_codes c;
        assert_fails(parse(&c, cases[i][0]), VQ_EINPUT, &err, cases[i][1]);
    }
}

static void test_tokens__text_truncated_or_flipped(void **state)
{
    (void)state;
    char text[sizeof text_234];
    vq_codes c;
    for (size_t size = 0; size < sizeof text_234; size++) {
        memcpy(text, text_234, size);
        text[size] = '\0';
        vq_status status = parse(&c, text);
        if (status == VQ_OK) /* only where a row, and an image, happens to be whole */
            assert_int_equal(c.h == 3 ? c.w : 4, 4);
        else
            assert_fails(status, VQ_EINPUT, &err, "'c'");
        vq_codes_release(&c);
    }
    memcpy(text, text_234, sizeof text);
    for (size_t bit = 0; bit < (sizeof text - 1) * 8; bit++) {
        text[bit / 8] ^= (char)(1 << bit % 8);
        vq_status status = parse(&c, text);
        if (status == VQ_OK)
            assert_true(c.n > 0 && c.h > 0 && c.w > 0 && c.index[0] >= 0);
        else
            assert_fails(status, VQ_EINPUT, &err, "'c'");
        vq_codes_release(&c);
        text[bit / 8] ^= (char)(1 << bit % 8);
    }
}

/* ---- the other kinds ------------------------------------------------------------- */

static void test_tokens__told_apart_by_content(void **state)
{
    (void)state;
    static const vq_codes_format formats[] = {VQ_CODES_NPY, VQ_CODES_TXT, VQ_CODES_VQT};
    for (int i = 0; i < 3; i++) {
        vq_codes c;
        assert_ok(vq_codes_write(&codes_234, in_folder("any"), formats[i], &err), &err);
        assert_ok(vq_codes_read(&c, in_folder("any"), &err), &err);
        assert_shape(&c, 2, 3, 4);
        assert_memory_equal(c.index, index_234, sizeof index_234);
        if (formats[i] == VQ_CODES_NPY)
            assert_int_equal(c.rank, 3);
        bool knows = formats[i] == VQ_CODES_VQT;
        assert_int_equal(c.k, knows ? 512 : 0);
        assert_int_equal(c.width, knows ? 16 : 0);
        assert_int_equal(c.height, knows ? 12 : 0);
        assert_true(c.fingerprint == (knows ? 77 : 0));
        vq_codes_release(&c);
    }
}

static void test_tokens__one_code(void **state)
{
    (void)state;
    vq_codes c, one = codes_234;
    one.n = one.h = one.w = one.k = 1;
    for (int f = VQ_CODES_NPY; f <= VQ_CODES_VQT; f++) {
        assert_ok(vq_codes_write(&one, in_folder("c"), (vq_codes_format)f, &err), &err);
        assert_ok(vq_codes_read(&c, in_folder("c"), &err), &err);
        assert_shape(&c, 1, 1, 1);
        assert_int_equal(c.index[0], 0);
        vq_codes_release(&c);
    }
}

static void test_tokens__told_apart_by_ending(void **state)
{
    (void)state;
    static const struct {
        const char *name, *magic;
    } cases[] = {{"c.npy", "\x93NUMPY"}, {"c.VQT", "VQT1"}, {".txt", "0 1 2 3"}};
    for (int i = 0; i < 3; i++) {
        unsigned char *data;
        size_t size;
        assert_ok(
            vq_codes_write(&codes_234, in_folder(cases[i].name), VQ_CODES_AUTO, &err),
            &err);
        assert_ok(file_read(in_folder(cases[i].name), 1000, &data, &size, &err), &err);
        assert_memory_equal(data, cases[i].magic, strlen(cases[i].magic));
        free(data);
    }
    assert_fails(vq_codes_write(&codes_234, in_folder("c.png"), VQ_CODES_AUTO, &err),
                 VQ_EUSAGE, &err, "c.png' does not end in .npy, .txt or .vqt");
    assert_fails(vq_codes_write(&codes_234, "npy", VQ_CODES_AUTO, &err), VQ_EUSAGE,
                 &err, "'npy' does not end in .npy, .txt or .vqt");
    /* the ending may be all of the name */
    assert_ok(vq_codes_check_target(".vqt", VQ_CODES_AUTO, &err), &err);
    assert_false(file_exists(in_folder("c.png")));
}

static void test_tokens__npy_shapes(void **state)
{
    (void)state;
    static const struct {
        int rank;
        int64_t dims[4];
        const char *want;
    } cases[] = {
        {3, {2, 3, 4}, NULL},
        {2, {6, 4}, NULL},
        {1, {24}, NULL},
        {0, {0}, "holds a single number, where codes have 3 dimensions (images, "},
        {4, {2, 3, 2, 2}, NULL},
        {4, {2, 3, 4, 1}, NULL},
        {4, {2, 3, 4, 0}, "holds no codes"},
        {3, {0, 3, 4}, "holds no codes"},
        {3, {0, 3000000000, 4}, "holds no codes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vq_codes c;
        assert_ok(npy_write(in_folder("c.npy"), cases[i].rank, cases[i].dims, index_234,
                            &err),
                  &err);
        vq_status status = vq_codes_read(&c, in_folder("c.npy"), &err);
        if (cases[i].want) {
            assert_fails(status, VQ_EINPUT, &err, cases[i].want);
            assert_null(c.index);
            continue;
        }
        assert_ok(status, &err);
        assert_int_equal(c.n * c.h * c.w * c.depth, 24);
        assert_int_equal(c.n, cases[i].rank > 2 ? 2 : 1);
        assert_int_equal(c.depth, cases[i].rank == 4 ? cases[i].dims[3] : 1);
        assert_int_equal(c.rank, cases[i].rank);
        vq_codes_release(&c);
    }
    vq_codes c;
    int32_t negative[4] = {5, 6, -7, 8};
    assert_ok(npy_write(in_folder("c.npy"), 2, (int64_t[]){2, 2}, negative, &err),
              &err);
    assert_fails(vq_codes_read(&c, in_folder("c.npy"), &err), VQ_EINPUT, &err,
                 "c.npy': code -7 at index 2");
}

/* Two codes a position come back from every kind of file. */
static void test_tokens__depth(void **state)
{
    (void)state;
    static const char text[] = "0,1 2,3\n4,5 6,7\n8,9 10,11\n\n"
                               "12,13 14,15\n16,17 18,19\n20,21 22,511\n";
    static const char *const names[] = {"c.npy", "c.txt", "c.vqt"};
    vq_codes c, deep = codes_234;
    unsigned char *data;
    size_t size;
    deep.w = deep.depth = 2;
    deep.width = 8;
    for (int i = 0; i < 3; i++) {
        assert_ok(vq_codes_write(&deep, in_folder(names[i]), VQ_CODES_AUTO, &err),
                  &err);
        assert_ok(vq_codes_read(&c, in_folder(names[i]), &err), &err);
        assert_shape(&c, 2, 3, 2);
        assert_int_equal(c.depth, 2);
        assert_true(i > 0 || c.rank == 4);
        assert_memory_equal(c.index, index_234, sizeof index_234);
        vq_codes_release(&c);
    }
    assert_ok(file_read(in_folder("c.txt"), 1000, &data, &size, &err), &err);
    assert_int_equal(size, sizeof text - 1);
    assert_memory_equal(data, text, size);
    free(data);
    for (size_t end = 0; end < sizeof text; end++) {
        char part[sizeof text] = "";
        memcpy(part, text, end);
        vq_status status = parse(&c, part);
        if (status != VQ_OK)
            assert_fails(status, VQ_EINPUT, &err, "'c'");
        vq_codes_release(&c);
    }
}

static void test_tokens__standard_streams(void **state)
{
    (void)state;
    unsigned char *data;
    size_t size;
    vq_codes c;
    int saved = stream_redirect(STDOUT_FILENO, in_folder("out"), O_WRONLY | O_CREAT);
    vq_status status = vq_codes_write(&codes_234, "-", VQ_CODES_AUTO, &err);
    stream_restore(STDOUT_FILENO, saved);
    assert_ok(status, &err);
    assert_ok(file_read(in_folder("out"), 1000, &data, &size, &err), &err);
    assert_int_equal(size, sizeof text_234 - 1);
    assert_memory_equal(data, text_234, size);
    free(data);
    saved = stream_redirect(STDIN_FILENO, in_folder("out"), O_RDONLY);
    status = vq_codes_read(&c, "-", &err);
    vq_codes none;
    vq_status at_end = vq_codes_read(&none, "-", &err);
    stream_restore(STDIN_FILENO, saved);
    assert_ok(status, &err);
    assert_shape(&c, 2, 3, 4);
    assert_fails(at_end, VQ_EINPUT, &err, "'standard input' holds no codes");
    vq_codes_release(&c);
}

#define CASE(name) folder_test(test_tokens__##name)

const struct CMUnitTest test_tokens_suite[] = {
    CASE(text_golden),
    CASE(text_accepted),
    CASE(text_refused),
    CASE(text_truncated_or_flipped),
    CASE(told_apart_by_content),
    CASE(one_code),
    CASE(told_apart_by_ending),
    CASE(npy_shapes),
    CASE(depth),
    CASE(standard_streams),
    {0},
};
