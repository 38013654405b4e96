/*
 * SPDX-License-Identifier: MIT
 *
 * Every fault a safetensors file can have is refused with a message that names it.
 */
#include "faults.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "io/safetensors.h"

static vq_error err;

static unsigned char bytes[20000];

/* Put a file of this header and n_data zero bytes into bytes[]; its size. */
static size_t build(const char *header, size_t length, size_t n_data)
{
    uint64_t number = length;
    assert_true(8 + length + n_data <= sizeof bytes);
    memcpy(bytes, &number, 8);
    memcpy(bytes + 8, header, length);
    memset(bytes + 8 + length, 0, n_data);
    return 8 + length + n_data;
}

static vq_status parse(const char *header, size_t length, size_t n_data)
{
    st_file f;
    size_t size = build(header, length, n_data);
    unsigned char *copy = exact_copy(bytes, size);
    vq_status status = st_parse(&f, "m.st", copy, size, &err);
    if (status != VQ_OK) {
        assert_int_equal(f.n, 0);
        assert_null(f.tensor);
    }
    st_release(&f);
    free(copy);
    return status;
}

#define T(dtype, shape, offsets)                                                       \
    "{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}"
#define A(dtype, shape, offsets) "{\"a\":" T(dtype, shape, offsets) "}"
#define AB(offsets_a, offsets_b)                                                       \
    "{\"a\":" T("\"U8\"", "[4]", offsets_a) ",\"b\":" T("\"U8\"", "[4]", offsets_b) "}"

static const struct {
    const char *header;
    size_t n_data;
    const char *want; /* in the message */
} faults[] = {
    /* JSON */
    {"", 0, "'m.st': header, byte 8: '[' or '{' expected near end of file"},
    {"[]", 0, "'m.st': the header is not an object"},
    {"{\"a\":", 0, "'m.st': header, byte 13: unexpected token near end of file"},
    {"{}x", 0, "'m.st': header, byte 11: end of file expected near 'x'"},
    {"{'a':1}", 0, "header, byte 10: string or '}' expected"},
    {"{\"\xff\":1}", 0, "header, byte 10: unable to decode byte 0xff"},
    {"{\"\xc0\x80\":1}", 0, "unable to decode byte 0xc0"},
    {"{\"\xed\xa0\x80\":1}", 0, "unable to decode byte"},
    {"{\"a\\u0000\":1}", 0, "NUL byte in object key not supported"},
    {"{\"__metadata__\":{\"a\":\"\\u0000\"}}", 0, "\\u0000 is not allowed"},
    {"{\"a\":1e999}", 0, "real number overflow"},
    {A("\"U8\"", "[99999999999999999999]", "[0,1]"), 1, "too big integer"},
    {"{\"a\":" T("\"U8\"", "[1]", "[0,1]") ",\"a\":" T("\"U8\"", "[1]", "[1,2]") "}", 2,
     "duplicate object key"},
    {"{\"a\":" T("\"U8\"", "[1]", "[0,1]") ",\"\\u0061\":" T("\"U8\"", "[1]",
                                                             "[1,2]") "}",
     2, "duplicate object key"},
    {"{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]}}",
     1, "duplicate object key"},
    /* metadata */
    {"{\"__metadata__\":[]}", 0, "'m.st': __metadata__ is not an object"},
    {"{\"__metadata__\":null}", 0, "__metadata__ is not an object"},
    {"{\"__metadata__\":{\"a\":\"b\",\"c\":1}}", 0,
     "__metadata__: the value of 'c' is not a string"},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "duplicate object key"},
    /* entries */
    {"{\"a\":1}", 0, "'m.st': tensor 'a': its entry is not an object"},
    {"{\"a\":{}}", 0, "tensor 'a': no dtype"},
    {A("5", "[1]", "[0,1]"), 1, "tensor 'a': no dtype"},
    {A("\"u8\"", "[1]", "[0,1]"), 1, "tensor 'a': unknown dtype 'u8'"},
    {A("\"F8_E4M3FNUZ\"", "[1]", "[0,1]"), 1, "unknown dtype 'F8_E4M3FNUZ'"},
    {"{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}", 1, "tensor 'a': no shape"},
    {A("\"U8\"", "1", "[0,1]"), 1, "tensor 'a': no shape"},
    {A("\"U8\"", "[1.0]", "[0,1]"), 1, "tensor 'a': a dimension is not a count"},
    {A("\"U8\"", "[-1]", "[0,1]"), 1, "a dimension is not a count"},
    {A("\"U8\"", "[\"1\"]", "[0,1]"), 1, "a dimension is not a count"},
    {A("\"U8\"", "[1,1,1,1,1,1,1,1,1]", "[0,1]"), 1, "more than 8 dimensions"},
    {A("\"U8\"", "[4294967296,4294967296]", "[0,1]"), 1, "its shape is too large"},
    {A("\"I64\"", "[4611686018427387904]", "[0,0]"), 0,
     "0 bytes of data for 4611686018427387904 values of 8 bytes"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1, "data_offsets are not two counts"},
    {A("\"U8\"", "[1]", "[0]"), 1, "data_offsets are not two counts"},
    {A("\"U8\"", "[1]", "[0,1,1]"), 1, "data_offsets are not two counts"},
    {A("\"U8\"", "[1]", "[0.0,1]"), 1, "data_offsets are not two counts"},
    {A("\"U8\"", "[1]", "[0,1.5]"), 1, "data_offsets are not two counts"},
    {A("\"U8\"", "[1]", "[-1,0]"), 1, "data_offsets are not two counts"},
    {A("\"U8\"", "[1]", "[1,0]"), 1, "data_offsets 1 to 0 in data of 1 bytes"},
    {A("\"U8\"", "[2]", "[0,2]"), 1, "data_offsets 0 to 2 in data of 1 bytes"},
    {A("\"U8\"", "[1]", "[9223372036854775806,9223372036854775807]"), 1,
     "data_offsets 9223372036854775806 to 9223372036854775807 in data of 1 bytes"},
    {A("\"F32\"", "[2]", "[0,7]"), 7, "7 bytes of data for 2 values of 4 bytes"},
    {A("\"F32\"", "[]", "[0,8]"), 8, "8 bytes of data for 1 values of 4 bytes"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"x\":0}}", 1,
     "more than dtype, shape and data_offsets"},
    /* layout */
    {AB("[0,4]", "[5,9]"), 9,
     "tensor 'b' begins at byte 118, 1 bytes after the one before it ends"},
    {AB("[4,8]", "[3,7]"), 8,
     "tensor 'b' begins at byte 116, 3 bytes after the one before it ends"},
    {AB("[0,4]", "[3,7]"), 7,
     "tensor 'b' begins at byte 116, 1 bytes before the one before it ends"},
    {AB("[0,4]", "[0,4]"), 4, "4 bytes before the one before it ends"},
    {AB("[0,4]", "[4,8]"), 9, "1 bytes after the last tensor ends at byte 121"},
    {"{}", 1, "1 bytes after the last tensor ends at byte 10"},
};

static void test_safetensors_faults__each(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const char *header = faults[i].header;
        assert_fails(parse(header, strlen(header), faults[i].n_data), VQ_EINPUT, &err,
                     faults[i].want);
    }
}

static void test_safetensors_faults__accepted(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "{}",
        " \n\t{}  ",
        "{\"__metadata__\":{}}",
        AB("[4,8]", "[0,4]"),
        "{\"a\":" T("\"U8\"", "[0]", "[0,0]") ",\"b\":" T("\"U8\"", "[]", "[0,1]") "}",
        A("\"F8_E4M3\"", "[2,2,2,1,1,1,1,1]", "[0,8]"),
    };
    static const size_t n_data[] = {0, 0, 0, 8, 1, 8};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        assert_ok(parse(headers[i], strlen(headers[i]), n_data[i]), &err);
}

/* Each type's width, by three values of it: a byte less or more is no such tensor. */
static void test_safetensors_faults__widths(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t width;
    } types[] = {{"F32", 4}, {"F16", 2},     {"I32", 4},     {"I64", 8},
                 {"U8", 1},  {"BF16", 2},    {"F64", 8},     {"BOOL", 1},
                 {"I8", 1},  {"I16", 2},     {"U16", 2},     {"U32", 4},
                 {"U64", 8}, {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"F8_E8M0", 1},
                 {"C64", 8}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        for (size_t n = 3 * types[i].width - 1; n <= 3 * types[i].width + 1; n++) {
            char header[128];
            const int length =
                snprintf(header, sizeof header,
                         "{\"a\":{\"dtype\":\"%s\",\"shape\":[3],\"data_offsets\":"
                         "[0,%zu]}}",
                         types[i].name, n);
            vq_status status = parse(header, (size_t)length, n);
            if (n == 3 * types[i].width)
                assert_ok(status, &err);
            else
                assert_fails(status, VQ_EINPUT, &err, "bytes of data for 3 values of");
        }
}

static void test_safetensors_faults__raw_bytes(void **state)
{
    (void)state;
    st_file f;
    assert_fails(parse("{}\0\0", 4, 0), VQ_EINPUT, &err,
                 "'m.st': header, byte 11: end of file expected");
    for (size_t size = 0; size < 8; size++) {
        char want[64];
        snprintf(want, sizeof want, "not a safetensors file: it ends at byte %zu",
                 size);
        assert_fails(st_parse(&f, "m.st", bytes, size, &err), VQ_EINPUT, &err, want);
    }
    size_t size = build("{}", 2, 0);
    bytes[0] = 3;
    assert_fails(st_parse(&f, "m.st", bytes, size, &err), VQ_EINPUT, &err,
                 "a header of 3 bytes in a file of 10 bytes");
    memcpy(bytes, &(uint64_t){ST_HEADER_MAX + 1}, 8);
    assert_fails(st_parse(&f, "m.st", bytes, size, &err), VQ_EINPUT, &err,
                 "a header of 2097153 bytes, more than 2097152");
    memset(bytes, 255, 8);
    assert_fails(st_parse(&f, "m.st", bytes, size, &err), VQ_EINPUT, &err,
                 "a header of 18446744073709551615 bytes");
    static char deep[9000];
    memset(deep, '[', sizeof deep);
    memcpy(deep, "{\"a\":", 5);
    assert_fails(parse(deep, sizeof deep, 0), VQ_EINPUT, &err,
                 "maximum parsing depth reached");
}

/* Tiles the data in order, each tensor of the size its type and shape say. */
static void assert_invariant(const st_file *f, const unsigned char *end)
{
    const unsigned char *at = f->n ? f->tensor[0].data : end;
    for (int i = 0; i < f->n; i++) {
        assert_ptr_equal(f->tensor[i].data, at);
        at += f->tensor[i].size;
    }
    assert_ptr_equal(at, end);
}

static const char whole[] = "{\"__metadata__\":{\"k\":\"v\"},\"a\":" T(
    "\"F16\"", "[2,2]", "[0,8]") ",\"b\":" T("\"U8\"", "[4]", "[8,12]") "}";

static void test_safetensors_faults__truncated_at_every_byte(void **state)
{
    (void)state;
    size_t size = build(whole, sizeof whole - 1, 12);
    for (size_t n = 0; n < size; n++) {
        st_file f;
        unsigned char *copy = exact_copy(bytes, n);
        assert_fails(st_parse(&f, "m.st", copy, n, &err), VQ_EINPUT, &err, "'m.st'");
        free(copy);
    }
}

static void test_safetensors_faults__every_bit_flipped(void **state)
{
    (void)state;
    int refused = 0;
    size_t size = build(whole, sizeof whole - 1, 12);
    for (size_t bit = 0; bit < size * 8; bit++) {
        st_file f;
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        vq_status status = st_parse(&f, "m.st", bytes, size, &err);
        if (status == VQ_OK)
            assert_invariant(&f, bytes + size);
        else
            assert_fails(status, VQ_EINPUT, &err, "'m.st'");
        refused += status != VQ_OK;
        st_release(&f);
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    assert_true(refused > 800); /* what is left are names, texts and data */
}

/* Reading and writing, those of the JSON library among them. */
static void test_safetensors_faults__every_allocation(void **state)
{
    (void)state;
    size_t size = build(whole, sizeof whole - 1, 12);
    const char *key = "k", *value = "v";
    for (int writing = 0; writing < 2; writing++) {
        vq_status status = VQ_ENOMEM;
        long n = 1;
        for (; status != VQ_OK; n++) {
            st_file f;
            support_alloc_fail_at(writing ? 0 : n);
            status = st_parse(&f, "m.st", bytes, size, &err);
            if (writing) {
                support_alloc_fail_at(n);
                status = st_write("/dev/null", f.tensor, f.n, &key, &value, 1, &err);
            }
            support_alloc_fail_at(0);
            if (status != VQ_OK)
                assert_fails(status, VQ_ENOMEM, &err, "out of memory");
            st_release(&f);
        }
        assert_true(n > 30);
    }
}

/* ---- the writer ------------------------------------------------------------------ */

static void test_safetensors_faults__not_written(void **state)
{
    (void)state;
    static const char *const twice[] = {"k", "k"}, *const bad[] = {"\xff", "k"};
    char name[] = "a", latin[] = "\xe9", meta[] = "__metadata__";
    const char *path = in_folder("m");
    const unsigned char data[4] = {0};
    st_tensor t[2] = {{.name = name, .dtype = ST_U8, .rank = 1, .dims = {4}}};
    t[0].data = data;
    t[1] = t[0];
#define WRITE(n, key, value, n_metadata)                                               \
    st_write(path, t, (n), (key), (value), (n_metadata), &err)
    assert_fails(WRITE(2, NULL, NULL, 0), VQ_EINPUT, &err, "/m': 'a' is there twice");
    assert_fails(WRITE(1, twice, twice, 2), VQ_EINPUT, &err, "/m': 'k' is there twice");
    assert_fails(WRITE(1, bad, twice, 1), VQ_EINPUT, &err, "is not UTF-8");
    assert_fails(WRITE(1, twice, bad, 1), VQ_EINPUT, &err, "'k' is not UTF-8");
    t[0].name = latin;
    assert_fails(WRITE(1, NULL, NULL, 0), VQ_EINPUT, &err, "is not UTF-8");
    t[0].name = meta;
    const char *no_place = "tensor '__metadata__' has no place in the format";
    assert_fails(WRITE(1, NULL, NULL, 0), VQ_EINPUT, &err, no_place);
    no_place = "tensor 'a' has no place in the format";
    t[0].name = name;
    t[0].dtype = ST_OTHER;
    assert_fails(WRITE(1, NULL, NULL, 0), VQ_EINPUT, &err, no_place);
    t[0].dtype = ST_I64;
    t[0].dims[0] = INT64_MAX / 8 + 1;
    assert_fails(WRITE(1, NULL, NULL, 0), VQ_EINPUT, &err, no_place);
    t[0].dims[0] = -1;
    assert_fails(WRITE(1, NULL, NULL, 0), VQ_EINPUT, &err, no_place);
    t[0].rank = ST_MAX_RANK + 1;
    assert_fails(WRITE(1, NULL, NULL, 0), VQ_EINPUT, &err, no_place);
    t[0].rank = -1;
    assert_fails(WRITE(1, NULL, NULL, 0), VQ_EINPUT, &err, no_place);
    t[0] = t[1];
    t[0].dims[0] = t[1].dims[0] = INT64_MAX / 2 + 1;
    assert_fails(WRITE(2, NULL, NULL, 0), VQ_EINPUT, &err, no_place);
    assert_false(file_exists(path));
}

/* A file whose header our own reader would refuse. */
static void test_safetensors_faults__header_too_long(void **state)
{
    (void)state;
    const char *key = "k";
    size_t n = ST_HEADER_MAX / 6; /* a control byte is written as six */
    char *value = calloc(n + 1, 1);
    assert_non_null(value);
    memset(value, 1, n);
    assert_fails(
        st_write("/dev/null", NULL, 0, &key, (const char *const *)&value, 1, &err),
        VQ_EINPUT, &err, "cannot write '/dev/null': a header of 2097175 bytes");
    free(value);
}

static void test_safetensors_faults__disk_and_memory(void **state)
{
    (void)state;
    static const unsigned char data[100000];
    char name[] = "a";
    const char *path = in_folder("m");
    st_tensor t = {.name = name, .dtype = ST_U8, .rank = 1, .dims = {sizeof data}};
    t.data = data;
    assert_fails(st_write(in_folder("no/m"), &t, 1, NULL, NULL, 0, &err), VQ_EIO, &err,
                 "/no/m': No such file or directory");
    assert_fails(st_write("/dev/full", &t, 1, NULL, NULL, 0, &err), VQ_EIO, &err,
                 "cannot write '/dev/full': No space left on device");
    support_alloc_fail_at(1);
    assert_fails(st_write(path, &t, 1, NULL, NULL, 0, &err), VQ_ENOMEM, &err,
                 "out of memory");
    assert_ok(file_write(path, "old", 3, &err), &err);
    disk_fill(sizeof data);
    vq_status status = st_write(path, &t, 1, NULL, NULL, 0, &err);
    disk_empty();
    assert_fails(status, VQ_EIO, &err, "m': File too large");
    unsigned char *old;
    size_t size;
    assert_ok(file_read(path, 10, &old, &size, &err), &err);
    assert_int_equal(size, 3);
    free(old);
}

const struct CMUnitTest test_safetensors_faults_suite[] = {
    cmocka_unit_test(test_safetensors_faults__each),
    cmocka_unit_test(test_safetensors_faults__accepted),
    cmocka_unit_test(test_safetensors_faults__widths),
    cmocka_unit_test(test_safetensors_faults__raw_bytes),
    cmocka_unit_test(test_safetensors_faults__truncated_at_every_byte),
    cmocka_unit_test(test_safetensors_faults__every_bit_flipped),
    cmocka_unit_test(test_safetensors_faults__every_allocation),
    folder_test(test_safetensors_faults__not_written),
    cmocka_unit_test(test_safetensors_faults__header_too_long),
    folder_test(test_safetensors_faults__disk_and_memory),
    {0},
};
