/*
 * SPDX-License-Identifier: MIT
 *
 * Safetensors as the reference implementation writes them, read; and what we write,
 * equal to it byte for byte.
 */
#include "faults.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "io/safetensors.h"
#include "io/safetensors.inc"

static vq_error err;

static void assert_tensor(const st_tensor *t, const char *name, const char *dtype,
                          int rank, int64_t count)
{
    assert_non_null(t);
    assert_string_equal(t->name, name);
    assert_string_equal(t->dtype_name, dtype);
    assert_int_equal(t->rank, rank);
    assert_int_equal(t->count, count);
}

/* ---- reading --------------------------------------------------------------------- */

static void test_safetensors__reads_common_types(void **state)
{
    (void)state;
    st_file f;
    float v[12], want[12];
    assert_ok(st_parse(&f, "m", python_common, sizeof python_common, &err), &err);
    assert_null(f.bytes);
    assert_int_equal(f.n, 6);
    assert_string_equal(st_metadata(&f, "format"), "pt");
    assert_null(st_metadata(&f, "none"));
    assert_null(st_find(&f, "none"));
    assert_tensor(&f.tensor[0], "step", "I64", 0, 1);
    assert_int_equal(f.tensor[0].dtype, ST_I64);
    const st_tensor *t = st_find(&f, "conv.weight");
    assert_tensor(t, "conv.weight", "F32", 4, 12);
    assert_int_equal(t->dims[1], 3);
    for (int i = 0; i < 12; i++)
        want[i] = (float)(i - 4);
    assert_ok(st_floats(t, v, &err), &err);
    assert_close(v, want, 12, 0, 0);
    t = st_find(&f, "half");
    assert_tensor(t, "half", "F16", 1, 4);
    assert_ok(st_floats(t, v, &err), &err);
    assert_close(v, ((float[]){1, -2, 65504, 0x1p-24f}), 4, 0, 0);
    t = st_find(&f, "bytes");
    assert_tensor(t, "bytes", "U8", 1, 3);
    assert_int_equal(t->data[2], 255);
    assert_int_equal(t->size, 3);
    st_release(&f);
    st_release(&f);
}

static void test_safetensors__reads_other_types(void **state)
{
    (void)state;
    st_file f;
    float v[3];
    assert_ok(st_parse(&f, "m", python_other, sizeof python_other, &err), &err);
    assert_int_equal(f.n, 4);
    assert_int_equal(f.n_metadata, 0);
    assert_ok(st_floats(st_find(&f, "brain"), v, &err), &err);
    assert_close(v, ((float[]){1, -2, 3.140625f}), 3, 0, 0);
    assert_ok(st_floats(st_find(&f, "double"), v, &err), &err);
    assert_float_equal(v[0], 1.0f / 3, 0);
    assert_true(isinf(v[1])); /* 1e300 */
    assert_tensor(st_find(&f, "none"), "none", "F32", 2, 0);
    assert_ok(st_floats(st_find(&f, "none"), NULL, &err), &err);
    assert_int_equal(st_find(&f, "true")->dtype, ST_OTHER);
    assert_fails(st_floats(st_find(&f, "true"), v, &err), VQ_EINPUT, &err,
                 "tensor 'true' holds BOOL, where floats are needed");
    st_release(&f);
}

/* Data at every alignment: nothing may be read as if it were aligned. */
static void test_safetensors__unaligned(void **state)
{
    (void)state;
    static unsigned char bytes[sizeof python_common + 8];
    for (size_t shift = 0; shift < 8; shift++) {
        st_file f;
        float v[4];
        memcpy(bytes + shift, python_common, sizeof python_common);
        assert_ok(st_parse(&f, "m", bytes + shift, sizeof python_common, &err), &err);
        assert_ok(st_floats(st_find(&f, "bias"), v, &err), &err);
        assert_close(v, ((float[]){0.5f, -1.5f, 3.25f}), 3, 0, 0);
        assert_ok(st_floats(st_find(&f, "half"), v, &err), &err);
        assert_close(v, ((float[]){1, -2, 65504, 0x1p-24f}), 4, 0, 0);
        st_release(&f);
    }
}

static void test_safetensors__reads_a_file(void **state)
{
    (void)state;
    st_file f;
    assert_ok(file_write(in_folder("m"), python_common, sizeof python_common, &err),
              &err);
    assert_ok(st_read(&f, in_folder("m"), &err), &err);
    assert_int_equal(f.n, 6);
    assert_non_null(f.bytes);
    st_release(&f);
    assert_null(f.bytes);
    assert_fails(st_read(&f, in_folder("none"), &err), VQ_EIO, &err,
                 "none': No such file or directory");
    assert_int_equal(f.n, 0);
    assert_ok(file_write(in_folder("m"), "short", 5, &err), &err);
    assert_fails(st_read(&f, in_folder("m"), &err), VQ_EINPUT, &err,
                 "m' is not a safetensors file: it ends at byte 5");
    st_release(&f);
}

/* ---- writing --------------------------------------------------------------------- */

/* The tensors of python_common, their names in the order given. */
static int common(st_tensor out[6], const st_file *f, const char *const names[6])
{
    for (int i = 0; i < 6; i++)
        out[i] = *st_find(f, names[i]);
    return 6;
}

static void test_safetensors__writes_as_python_does(void **state)
{
    (void)state;
    static const char *const orders[2][6] = {
        {"bias", "bytes", "conv.weight", "count", "half", "step"},
        {"step", "half", "count", "conv.weight", "bytes", "bias"}};
    const char *key = "format", *value = "pt";
    st_file f;
    st_tensor t[6];
    assert_ok(st_parse(&f, "m", python_common, sizeof python_common, &err), &err);
    for (int i = 0; i < 2; i++) {
        unsigned char *data;
        size_t size;
        int n = common(t, &f, orders[i]);
        assert_ok(st_write(in_folder("m"), t, n, &key, &value, 1, &err), &err);
        assert_ok(file_read(in_folder("m"), 1000, &data, &size, &err), &err);
        assert_int_equal(size, sizeof python_common);
        assert_memory_equal(data, python_common, size);
        free(data);
    }
    st_release(&f);
}

static void test_safetensors__padded_header(void **state)
{
    (void)state;
    char name[10] = "";
    for (int i = 0; i < 9; i++) {
        unsigned char *data;
        size_t size;
        st_tensor t = {.name = name, .dtype = ST_U8, .rank = 1, .dims = {1}};
        t.data = (const unsigned char *)"!";
        assert_ok(st_write(in_folder("m"), &t, 1, NULL, NULL, 0, &err), &err);
        assert_ok(file_read(in_folder("m"), 1000, &data, &size, &err), &err);
        assert_int_equal(size % 8, 1);
        assert_int_equal(data[0], size - 9);
        assert_int_equal(data[size - 1], '!');
        free(data);
        name[i] = 'a';
    }
}

static void test_safetensors__names_need_escapes(void **state)
{
    (void)state;
    static const char *const keys[] = {"", "b\"\\\n\x1b\xc3\xa9", "a"};
    static const char *const values[] = {"\t", "", "\xf0\x9f\x90\xb1"};
    char name[] = "\x7f\x01/\"";
    st_tensor t = {.name = name, .dtype = ST_I32, .rank = 2, .dims = {4, 0}};
    st_file f;
    assert_ok(st_write(in_folder("m"), &t, 1, keys, values, 3, &err), &err);
    assert_ok(st_read(&f, in_folder("m"), &err), &err);
    assert_int_equal(f.n_metadata, 3);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(f.key[i], keys[i]); /* in the given order */
        assert_string_equal(f.value[i], values[i]);
    }
    assert_tensor(&f.tensor[0], name, "I32", 2, 0);
    st_release(&f);
    assert_ok(st_write(in_folder("m"), NULL, 0, NULL, NULL, 0, &err), &err);
    assert_ok(st_read(&f, in_folder("m"), &err), &err);
    assert_int_equal(f.n, 0);
    st_release(&f);
}

/* The longest header is read, and what is written is never longer. */
static void test_safetensors__longest_header(void **state)
{
    (void)state;
    static const char around[] = "{\"__metadata__\":{\"k\":\"\"}}";
    const char *key = "k";
    const size_t room = ST_HEADER_MAX - 8 - (sizeof around - 1);
    char *value = calloc(1, ST_HEADER_MAX + 8);
    uint64_t length = ST_HEADER_MAX;
    st_file f;
    assert_non_null(value);
    memset(value, ' ', ST_HEADER_MAX + 8);
    memcpy(value, &length, 8);
    memcpy(value + 8, "{}", 2);
    assert_ok(st_parse(&f, "m", (unsigned char *)value, ST_HEADER_MAX + 8, &err), &err);
    st_release(&f);
    memset(value, 'v', room);
    for (int more = 0; more < 2; more++) {
        value[room] = more ? 'v' : '\0';
        value[room + 1] = '\0';
        vq_status status = st_write(in_folder("m"), NULL, 0, &key,
                                    (const char *const *)&value, 1, &err);
        if (more)
            assert_fails(status, VQ_EINPUT, &err, "a header of 2097145 bytes");
        else
            assert_ok(status, &err);
    }
    assert_ok(st_read(&f, in_folder("m"), &err), &err);
    st_release(&f);
    free(value);
}

#define CASE(name) folder_test(test_safetensors__##name)

const struct CMUnitTest test_safetensors_suite[] = {
    CASE(reads_common_types), CASE(reads_other_types),     CASE(unaligned),
    CASE(reads_a_file),       CASE(writes_as_python_does), CASE(padded_header),
    CASE(names_need_escapes), CASE(longest_header),        {0},
};
