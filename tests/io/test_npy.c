/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "io/npy.h"
#include "io/npy.inc"

static vq_error err;
static unsigned char bytes[1000];

/* Put a .npy file of this header text and n_data zero bytes into bytes[]; its size. */
static size_t build(int major, int minor, const char *header, size_t n_data)
{
    size_t n = strlen(header), at = major == 2 ? 12 : 10;
    assert_true(at + n + n_data <= sizeof bytes);
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, NPY_MAGIC, 6);
    bytes[6] = (unsigned char)major;
    bytes[7] = (unsigned char)minor;
    bytes[8] = (unsigned char)n;
    memcpy(bytes + at, header, n);
    return at + n + n_data;
}

static vq_status parse(npy_ints *a, size_t size)
{
    unsigned char *copy = exact_copy(bytes, size);
    vq_status status = npy_parse(a, "c.npy", copy, size, &err);
    if (status != VQ_OK)
        assert_null(a->v);
    free(copy);
    return status;
}

#define D(descr, order, shape)                                                         \
    "{'descr': " descr ", 'fortran_order': " order ", 'shape': " shape ", }\n"

static void assert_codes(const npy_ints *a)
{
    assert_int_equal(a->rank, 3);
    assert_int_equal(a->dims[0], 2);
    assert_int_equal(a->dims[1], 3);
    assert_int_equal(a->dims[2], 4);
    assert_int_equal(a->count, 24);
    for (int i = 0; i < 24; i++)
        assert_int_equal(a->v[i], i);
}

static void test_npy__reads_numpy(void **state)
{
    (void)state;
    static const struct {
        const unsigned char *bytes;
        size_t size;
    } files[] = {{python_i4, sizeof python_i4},
                 {python_i8, sizeof python_i8},
                 {python_u2_big, sizeof python_u2_big},
                 {python_i1_fortran, sizeof python_i1_fortran},
                 {python_u4_both, sizeof python_u4_both}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        npy_ints a;
        assert_ok(npy_parse(&a, "c.npy", files[i].bytes, files[i].size, &err), &err);
        assert_codes(&a);
        free(a.v);
    }
}

static void test_npy__accepted(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        int rank, count;
    } cases[] = {
        {D("'<i4'", "False", "()"), 0, 1},
        {D("'<i4'", "False", "(0,)"), 1, 0},
        {D("'<i4'", "False", "(3,)"), 1, 3},
        {D("\"<i4\"", "False", "(1, 2, 3, 4,)"), 4, 24},
        {"{'shape':(2,1),'descr':'<i4','fortran_order':False}", 2, 2},
        {" { 'shape' : ( 2 , 1 ) ,'descr': '<i4','fortran_order' :False , } \n", 2, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int major = 1; major <= 2; major++) {
            npy_ints a;
            size_t size = build(major, 0, cases[i].header, 4 * (size_t)cases[i].count);
            assert_ok(parse(&a, size), &err);
            assert_int_equal(a.rank, cases[i].rank);
            assert_int_equal(a.count, cases[i].count);
            free(a.v);
        }
}

static void test_npy__refused(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t n_data;
        const char *want;
    } cases[] = {
        {"", 4, "'c.npy': the header is not understood at byte 10"},
        {D("'<i4'", "False", "(1)"), 4, "not understood at byte 63"},
        {D("'<i4'", "False", "(,)"), 4, "not understood at byte 61"},
        {D("'<i4'", "False", "(1 1)"), 4, "not understood at byte 63"},
        {D("'<i4'", "False", "(-1,)"), 4, "not understood at byte 61"},
        {D("'<i4'", "False", "(1.0,)"), 4, "not understood at byte 62"},
        {D("'<i4'", "False", "(1,1,1,1,1)"), 4, "not understood"},
        {D("'<i4'", "False", "(99999999999999999999,)"), 4, "not understood"},
        {D("'<i4'", "0", "(1,)"), 4, "not understood at byte 44"},
        {D("'<i4", "False", "(1,)"), 4, "not understood"},
        {D("4", "False", "(1,)"), 4, "not understood at byte 20"},
        {D("[('a', '<i4')]", "False", "(1,)"), 4, "not understood at byte 20"},
        {D("'<i4'", "False", "(1,)") "x", 4, "not understood at byte 68"},
        {"{'descr': '<i4', 'shape': (1,)}", 4, "not understood"},
        {"{'descr': '<i4', 'descr': '<i4', 'fortran_order': False, 'shape': (1,)}", 4,
         "not understood at byte 34"},
        {"{'descr': '<i4', 'order': False, 'shape': (1,)}", 4, "byte 34"},
        {"{'descr': '<i4' 'fortran_order': False, 'shape': (1,)}", 4, "byte 26"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (1,)", 4, "byte 64"},
        {D("'1234567'", "False", "(1,)"), 4, "holds '1234567', where integers"},
        {D("'12345678'", "False", "(1,)"), 4, "not understood at byte 20"},
        {D("'<f4'", "False", "(1,)"), 4,
         "'c.npy' holds '<f4', where integers are needed"},
        {D("'|b1'", "False", "(1,)"), 1, "holds '|b1'"},
        {D("'|i4'", "False", "(1,)"), 4, "holds '|i4'"},
        {D("'<i3'", "False", "(1,)"), 3, "holds '<i3'"},
        {D("'>i2'", "True", "(1, 2)"), 5, "5 bytes of data for 2 values of 2 bytes"},
        {D("'<i4'", "False", "(2,)"), 7, "7 bytes of data for 2 values of 4 bytes"},
        {D("'<i4'", "False", "(2,)"), 9, "9 bytes of data for 2 values of 4 bytes"},
        {D("'<i8'", "False", "(2,)"), 8, "8 bytes of data for 2 values of 8 bytes"},
        {D("'<i4'", "False", "(4611686018427387904,)"), 0,
         "0 bytes of data for 4611686018427387904 values of 4 bytes"},
        {D("'<i4'", "False", "(4294967296, 4294967296)"), 0, "its shape is too large"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        npy_ints a;
        size_t size = build(1, 0, cases[i].header, cases[i].n_data);
        assert_fails(parse(&a, size), VQ_EINPUT, &err, cases[i].want);
    }
}

static void test_npy__refused_frames(void **state)
{
    (void)state;
    npy_ints a;
    const char *good = D("'<i4'", "False", "(1,)");
    assert_fails(parse(&a, build(3, 0, good, 4)), VQ_EINPUT, &err,
                 "'c.npy' is .npy version 3.0, not 1.0 or 2.0");
    assert_fails(parse(&a, build(1, 1, good, 4)), VQ_EINPUT, &err, "version 1.1");
    assert_fails(parse(&a, build(0, 0, good, 4)), VQ_EINPUT, &err, "version 0.0");
    size_t size = build(1, 0, good, 4);
    bytes[9] = 1;
    assert_fails(parse(&a, size), VQ_EINPUT, &err,
                 "'c.npy': a header of 314 bytes in a file of 72 bytes");
    size = build(2, 0, good, 4);
    bytes[10] = 1;
    assert_fails(parse(&a, size), VQ_EINPUT, &err, "a header of 65594 bytes");
    bytes[10] = 0;
    bytes[11] = 1;
    assert_fails(parse(&a, size), VQ_EINPUT, &err, "a header of 16777274 bytes");
    bytes[0] = 'x';
    assert_fails(parse(&a, size), VQ_EINPUT, &err, "'c.npy' is not a .npy file");
    build(1, 0, "  ", 0); /* the shortest that can be looked into */
    assert_fails(parse(&a, 12), VQ_EINPUT, &err, "not understood at byte 12");
    assert_fails(parse(&a, 11), VQ_EINPUT, &err, "'c.npy' is not a .npy file");
}

static void test_npy__values_of_64_bits(void **state)
{
    (void)state;
    static const int64_t values[] = {INT32_MIN, INT32_MAX, INT32_MIN - 1LL,
                                     INT32_MAX + 1LL, INT64_MIN};
    for (int i = 0; i < 5; i++) {
        npy_ints a;
        size_t size = build(1, 0, D("'<i8'", "False", "(2,)"), 16);
        memcpy(bytes + size - 8, &values[i], 8);
        vq_status status = parse(&a, size);
        if (i < 2) {
            assert_ok(status, &err);
            assert_int_equal(a.v[1], values[i]);
            free(a.v);
        } else {
            assert_fails(status, VQ_EINPUT, &err, "at byte 76 does not fit 32 bits");
        }
    }
}

static void test_npy__truncated_at_every_byte(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof python_i4; size++) {
        npy_ints a;
        memcpy(bytes, python_i4, size);
        assert_fails(parse(&a, size), VQ_EINPUT, &err, "'c.npy'");
    }
}

static void test_npy__every_bit_flipped(void **state)
{
    (void)state;
    memcpy(bytes, python_i4, sizeof python_i4);
    for (size_t bit = 0; bit < sizeof python_i4 * 8; bit++) {
        npy_ints a;
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        vq_status status = parse(&a, sizeof python_i4);
        if (status == VQ_OK) /* in the data, or a blank became the other one */
            assert_int_equal(a.count, 24);
        else
            assert_fails(status, VQ_EINPUT, &err, "'c.npy'");
        free(a.v);
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
}

static void test_npy__writes_as_numpy_does(void **state)
{
    (void)state;
    const char *path = in_folder("a.npy");
    unsigned char *data;
    size_t size;
    int32_t v[24];
    for (int i = 0; i < 24; i++)
        v[i] = i;
    assert_ok(npy_write(path, 3, (int64_t[]){2, 3, 4}, v, &err), &err);
    assert_ok(file_read(path, 1000, &data, &size, &err), &err);
    assert_int_equal(size, sizeof python_i4);
    assert_memory_equal(data, python_i4, size);
    free(data);
}

/* Every rank, and the longest header there can be; data begins at a multiple of 64. */
static void test_npy__round_trip(void **state)
{
    (void)state;
    static const struct {
        int rank;
        int64_t dims[4];
        int64_t count;
    } cases[] = {
        {0, {0}, 1},    {1, {5}, 5},
        {2, {5, 1}, 5}, {4, {1, 2, 3, 4}, 24},
        {1, {0}, 0},    {4, {INT64_MAX, INT64_MAX, INT64_MAX, 0}, 0},
    };
    const char *path = in_folder("a.npy");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char *data;
        size_t size;
        npy_ints a;
        int32_t v[24];
        for (int k = 0; k < 24; k++)
            v[k] = -k * 1000000;
        assert_ok(npy_write(path, cases[i].rank, cases[i].dims, v, &err), &err);
        assert_ok(file_read(path, 1000, &data, &size, &err), &err);
        assert_int_equal((size - 4 * (size_t)cases[i].count) % 64, 0);
        free(data);
        if (cases[i].dims[0] == INT64_MAX)
            continue; /* its product overflows: not a shape to read */
        assert_ok(npy_read(&a, path, &err), &err);
        assert_int_equal(a.rank, cases[i].rank);
        assert_int_equal(a.count, cases[i].count);
        assert_memory_equal(a.dims, cases[i].dims, 8 * (size_t)a.rank);
        assert_memory_equal(a.v, v, 4 * (size_t)a.count);
        free(a.v);
    }
}

static void test_npy__disk_and_memory(void **state)
{
    (void)state;
    npy_ints a;
    int32_t v = 1;
    assert_fails(npy_read(&a, "/nowhere/a.npy", &err), VQ_EIO, &err,
                 "cannot open '/nowhere/a.npy': No such file or directory");
    assert_null(a.v);
    assert_fails(npy_write("/nowhere/a.npy", 1, (int64_t[]){1}, &v, &err), VQ_EIO, &err,
                 "cannot create '/nowhere/a.npy'");
    assert_fails(npy_write("/dev/full", 1, (int64_t[]){1}, &v, &err), VQ_EIO, &err,
                 "cannot write '/dev/full': No space left on device");
    support_alloc_fail_at(1);
    assert_fails(npy_parse(&a, "c.npy", python_i4, sizeof python_i4, &err), VQ_ENOMEM,
                 &err, "96 bytes");
    assert_null(a.v);
}

const struct CMUnitTest test_npy_suite[] = {
    cmocka_unit_test(test_npy__reads_numpy),
    cmocka_unit_test(test_npy__accepted),
    cmocka_unit_test(test_npy__refused),
    cmocka_unit_test(test_npy__refused_frames),
    cmocka_unit_test(test_npy__values_of_64_bits),
    cmocka_unit_test(test_npy__truncated_at_every_byte),
    cmocka_unit_test(test_npy__every_bit_flipped),
    folder_test(test_npy__writes_as_numpy_does),
    folder_test(test_npy__round_trip),
    cmocka_unit_test(test_npy__disk_and_memory),
    {0},
};
