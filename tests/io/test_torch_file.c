/*
 * SPDX-License-Identifier: MIT
 *
 * Files that torch.save wrote (torch.inc), and pickles by hand that it would not.
 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/torch_file.h"
#include "io/zip_build.h"
#include "torch.inc"

static vq_error err;

static void check(const st_file *f, const char *name, const char *dtype, int rank,
                  const int64_t *dims, const float *values)
{
    float got[8];
    const st_tensor *t = st_find(f, name);
    if (!t)
        fail_msg("no tensor '%s'", name);
    assert_string_equal(t->dtype_name, dtype);
    assert_int_equal(t->rank, rank);
    for (int i = 0; i < rank; i++)
        assert_int_equal(t->dims[i], dims[i]);
    assert_ok(st_floats(t, got, &err), &err);
    assert_close(got, values, (size_t)t->count, 0, 0);
}

#define CHECK(name, dtype, rank, dims, ...)                                            \
    check(&f, name, dtype, rank, (int64_t[])dims, (float[]){__VA_ARGS__})
#define DIMS(...)                                                                      \
    {                                                                                  \
        __VA_ARGS__                                                                    \
    }

static void check_common(const unsigned char *bytes, size_t size)
{
    st_file f;
    assert_ok(torch_parse(&f, "m.pt", bytes, size, &err), &err);
    assert_int_equal(f.n, 9);
    assert_string_equal(f.note, "");
    assert_string_equal(f.tensor[0].name, "a"); /* the order of the state_dict */
    CHECK("a", "F32", 2, DIMS(2, 3), 0, 1, 2, 3, 4, 5);
    CHECK("tied", "F32", 2, DIMS(2, 3), 0, 1, 2, 3, 4, 5);
    CHECK("turned", "F32", 2, DIMS(3, 2), 0, 3, 1, 4, 2, 5);
    CHECK("column", "F32", 1, DIMS(2), 1, 4);
    CHECK("brain", "BF16", 1, DIMS(3), 1, -2, 3.140625f);
    CHECK("weight", "F32", 1, DIMS(2), 0.5f, -1.5f);
    CHECK("half", "F16", 1, DIMS(3), 1, -2, 65504);
    CHECK("double", "F64", 0, DIMS(0), 1.0f / 3);
    const st_tensor *step = st_find(&f, "step");
    float x;
    assert_int_equal(step->dtype, ST_I64);
    assert_fails(st_floats(step, &x, &err), VQ_EINPUT, &err,
                 "tensor 'step' holds I64, where floats are needed");
    assert_ptr_equal(st_find(&f, "a")->data, st_find(&f, "tied")->data);
    st_release(&f);
}

static void test_torch_file__zip(void **state)
{
    (void)state;
    check_common(torch_zip, sizeof torch_zip);
}

static void test_torch_file__legacy(void **state)
{
    (void)state;
    check_common(torch_legacy, sizeof torch_legacy);
}

static void test_torch_file__nested(void **state)
{
    (void)state;
    st_file f;
    assert_ok(torch_parse(&f, "m.pt", torch_nested, sizeof torch_nested, &err), &err);
    assert_int_equal(f.n, 2);
    assert_non_null(st_find(&f, "weight"));
    assert_non_null(st_find(&f, "bias"));
    assert_string_equal(f.note, "the weights are those under 'model'; others, under "
                                "'ema', are left out");
    st_release(&f);
}

/* ---- by hand -----------------------------------------------------------------------
 */

#define STORAGE                                                                        \
    "(X\7\0\0\0storagectorch\nFloatStorage\nU\1"                                       \
    "0U\3"                                                                             \
    "cpuK\4tQ"
#define REBUILD "ctorch._utils\n_rebuild_tensor_v2\n("
/* A tensor of a storage of 4 floats: offset, size and stride are pickles. */
#define TENSOR(offset, size, stride) REBUILD STORAGE offset size stride "\x89}tR"
#define DICT(...) "\x80\2}(" __VA_ARGS__ "u."
#define NAMED(name, tensor) "X\1\0\0\0" name tensor

static const float four[4] = {1, 2, 3, 4};

static vq_status parse_pickle(st_file *f, const char *pickle, size_t size,
                              const void *data, size_t data_size)
{
    static zip_file z;
    zip_build_torch(&z, pickle, size, data, data_size);
    return torch_parse(f, "m.pt", z.bytes, z.size, &err);
}

#define PARSE(pickle) parse_pickle(&f, (pickle), sizeof(pickle) - 1, four, sizeof four)

static void test_torch_file__shapes(void **state)
{
    (void)state;
    st_file f;
    assert_ok(PARSE(DICT(NAMED("a", TENSOR("K\1", "K\3\x85", "K\1\x85")))), &err);
    CHECK("a", "F32", 1, DIMS(3), 2, 3, 4);
    assert_false(f.tensor[0].strided);
    st_release(&f);
    assert_ok(PARSE(DICT(NAMED("a", TENSOR("K\0", "K\2K\1\x86", "K\3K\7\x86")))), &err);
    CHECK("a", "F32", 2, DIMS(2, 1), 1, 4);
    st_release(&f);
    /* none at all, wherever that is */
    assert_ok(PARSE(DICT(NAMED("a", TENSOR("K\x63", "K\0\x85", "K\1\x85")))), &err);
    assert_int_equal(f.tensor[0].count, 0);
    st_release(&f);
}

/* Two keys may lead to the tensors, and not three; a tensor has up to 8 dimensions. */
static void test_torch_file__deep(void **state)
{
    (void)state;
    st_file f;
#define IN(key, dict) "}X\5\0\0\0" key dict "s"
#define ONE "}" NAMED("a", TENSOR("K\0", "K\1\x85", "K\1\x85")) "s"
    assert_ok(PARSE("\x80\2" IN("model", IN("model", ONE)) "."), &err);
    assert_non_null(st_find(&f, "a"));
    assert_string_equal(f.note, "the weights are those under 'model.model'");
    st_release(&f);
    assert_fails(PARSE("\x80\2" IN("model", IN("model", IN("model", ONE))) "."),
                 VQ_EINPUT, &err, "holds no tensors by name");
#define EIGHT(last) "(K\1K\1K\1K\1K\1K\1K\1" last "t"
    assert_ok(PARSE(DICT(NAMED("a", TENSOR("K\0", EIGHT("K\4"), EIGHT("K\1"))))), &err);
    assert_int_equal(f.tensor[0].rank, 8);
    st_release(&f);
}

static const struct {
    const char *pickle;
    size_t size;
    const char *want;
} faults[] = {
#define F(pickle, want)                                                                \
    {                                                                                  \
        pickle, sizeof(pickle) - 1, want                                               \
    }
    F("\x80\2}.", "'m.pt' holds no tensors by name"),
    F("\x80\2N.", "holds no tensors by name"),
    F(DICT("K\1" TENSOR("K\0", "K\1\x85", "K\1\x85")),
      "a tensor whose name is no text"),
    F(DICT(NAMED("\0", TENSOR("K\0", "K\1\x85", "K\1\x85"))),
      "a tensor whose name is no text"),
    F(DICT(NAMED("a", TENSOR("K\2", "K\3\x85", "K\1\x85"))),
      "tensor 'a' ends at element 4 of a storage of 4"),
    F(DICT(NAMED("a", TENSOR("K\0", "K\2\x85", "K\4\x85"))), "ends at element 4"),
    F(DICT(NAMED("a", TENSOR("K\0", "K\5\x85", "K\0\x85"))),
      "the values of tensor 'a' overlap"),
    F(DICT(NAMED("a", TENSOR("J\xff\xff\xff\xff", "K\1\x85", "K\1\x85"))),
      "tensor 'a' is described in an unknown way"),
    F(DICT(NAMED("a", TENSOR("K\0", "J\xff\xff\xff\xff\x85", "K\1\x85"))),
      "in an unknown way"),
    F(DICT(NAMED("a", TENSOR("K\0", "K\1\x85", "J\xff\xff\xff\xff\x85"))),
      "in an unknown way"),
    F(DICT(NAMED("a", TENSOR("K\0", "K\1\x85", ")"))), "in an unknown way"),
    F(DICT(NAMED("a", TENSOR("K\0", "(K\1K\1K\1K\1K\1K\1K\1K\1K\1t",
                             "(K\1K\1K\1K\1K\1K\1K\1K\1K\1t"))),
      "in an unknown way"),
    F(DICT(NAMED("a", TENSOR("K\0",
                             "J\xff\xff\xff\x7f"
                             "2J\xff\xff\xff\x7f\x87",
                             "K\1K\1K\1\x87"))),
      "in an unknown way"), /* 2^93 values */
    F(DICT(NAMED("a", TENSOR("K\0", "K\2K\2\x86",
                             "\x8a\x8\xff\xff\xff\xff\xff\xff\xff\x7f"
                             "2\x86"))),
      "in an unknown way"),
    F(DICT(NAMED("a", REBUILD "K\0K\0K\1\x85K\1\x85\x89}tR")), "in an unknown way"),
    F("\x80\2K\1Q.", "storage 0 is described in an unknown way"),
    F("\x80\2](X\7\0\0\0storagectorch\nFloatStorage\nU\1"
      "0U\3"
      "cpuK\4eQ.",
      "storage 0"), /* a list, where a tuple belongs */
    F("\x80\2(X\7\0\0\0storagectorch\nSize\nU\1"
      "0U\3"
      "cpuK\4tQ.",
      "storage 0"),
    F("\x80\2(X\7\0\0\0storageK\0U\1" /* a number, where the class belongs */
      "0U\3"
      "cpuK\4tQ.",
      "storage 0"),
    F("\x80\2" STORAGE "0(X\7\0\0\0storagectorch\nFloatStorage\nU\1"
      "0U\3"
      "cpu\x8a\x8"
      "\xff\xff\xff\xff\xff\xff\xff\x7ftQ.",
      "storage 1 is described in an unknown way"),
    F(DICT(NAMED("a", REBUILD "(X\7\0\0\0storagectorch\nFloatStorage\nU\1"
                              "1U\3"
                              "cpuK\4"
                              "tQK\0K\1\x85K\1\x85\x89}tR")),
      "the data of tensor 'a' is missing"),
    F(DICT(NAMED("a", REBUILD "(X\7\0\0\0storagectorch\nHalfStorage\nU\1"
                              "0U\3"
                              "cpuK\4"
                              "tQK\0K\1\x85K\1\x85\x89}tR")),
      "'archive/data/0' has 16 bytes for 4 values of 2 bytes"),
    F("\x80\2}", "'m.pt': pickle, before byte 49: it ends there"),
    /* other names than those of tensors, whatever stands beside them */
    F("\x80\2"
      "cposix\nsystem\nU\7echo hi\x85R.",
      "'m.pt' holds the Python object 'posix.system' (byte 62), and nothing but "
      "tensors "
      "is read: save the model's state_dict() alone"),
    F(DICT(NAMED("a", TENSOR("K\0", "K\1\x85", "K\1\x85")) "K\1cmodels\nVQVAE\n"),
      "holds the Python object 'models.VQVAE'"),
    F("\x80\2(X\7\0\0\0storagectorch\nComplexFloatStorage\nU\1"
      "0U\3"
      "cpuK\4tQ.",
      "holds the Python object 'torch.ComplexFloatStorage'"),
    F(DICT(NAMED("a", REBUILD "(X\7\0\0\0storagectorch\nComplexFloatStorage\nU\1"
                              "0U\3"
                              "cpuK\0tQK\0K\0\x85K\1\x85\x89}tR")),
      "holds the Python object 'torch.ComplexFloatStorage'"),
    F(DICT("X\x10\0\0\0quantize_t.embed" TENSOR(
          "K\0", "K\1\x85",
          "K\1\x85") "X\x10\0\0\0quantize_b.embed" TENSOR("K\0", "K\1\x85",
                                                          "K\1\x85") "K\1cmodels\nVQVAE"
                                                                     "\n"),
      "'m.pt' is a two-level VQ-VAE-2"),
};

static void test_torch_file__faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        st_file f;
        assert_fails(
            parse_pickle(&f, faults[i].pickle, faults[i].size, four, sizeof four),
            VQ_EINPUT, &err, faults[i].want);
        assert_null(f.tensor);
    }
}

static void test_torch_file__archives(void **state)
{
    (void)state;
    static const char pickle[] = DICT(NAMED("a", TENSOR("K\0", "K\1\x85", "K\1\x85")));
    zip_file z = {0};
    st_file f;
    zip_build_add(&z, "notes.txt", "hi", 2);
    zip_build_add(&z, "/data.pkl", "hi", 2); /* in no folder */
    zip_build_end(&z);
    assert_fails(torch_parse(&f, "m.pt", z.bytes, z.size, &err), VQ_EINPUT, &err,
                 "'m.pt': a zip archive without data.pkl, so not of PyTorch");
    static const char *const orders[] = {"big", "Little", "little-endian"};
    for (int i = 0; i < 3; i++) {
        z = (zip_file){0};
        zip_build_add(&z, "m/data.pkl", pickle, sizeof pickle - 1);
        zip_build_add(&z, "m/data/0", four, sizeof four);
        zip_build_add(&z, "m/byteorder", orders[i], strlen(orders[i]));
        zip_build_end(&z);
        assert_fails(torch_parse(&f, "m.pt", z.bytes, z.size, &err), VQ_EINPUT, &err,
                     "'m.pt': its numbers are not little endian");
    }
    assert_ok(PARSE(pickle), &err);
    st_release(&f);
}

/* ---- any bytes ---------------------------------------------------------------------
 */

/* Parse a copy of that size, and look at every value. */
static vq_status parse_copy(const unsigned char *bytes, size_t size)
{
    st_file f;
    unsigned char *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    vq_status status = torch_parse(&f, "m.pt", copy, size, &err);
    for (int i = 0; i < f.n; i++) {
        assert_true((size_t)f.tensor[i].count <= size);
        float *v = malloc((size_t)f.tensor[i].count * sizeof *v + 1);
        assert_non_null(v);
        vq_status read = st_floats(&f.tensor[i], v, NULL);
        assert_true(read == VQ_OK || read == VQ_EINPUT);
        free(v);
    }
    st_release(&f);
    free(copy);
    return status;
}

static void check_damage(const unsigned char *good, size_t size, size_t data)
{
    unsigned char *bytes = malloc(size);
    assert_non_null(bytes);
    memcpy(bytes, good, size);
    for (size_t n = 0; n < size - data; n++)
        assert_fails(parse_copy(bytes, n), VQ_EINPUT, &err, "'m.pt'");
    for (size_t bit = 0; bit < 8 * size; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        vq_status status = parse_copy(bytes, size);
        if (status != VQ_OK)
            assert_fails(status, VQ_EINPUT, &err, "'m.pt'");
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    free(bytes);
}

static void test_torch_file__damage(void **state)
{
    (void)state;
    check_damage(torch_zip, sizeof torch_zip, 0);
    check_damage(torch_legacy, sizeof torch_legacy, 0);
}

static void test_torch_file__every_allocation(void **state)
{
    (void)state;
    const unsigned char *bytes[] = {torch_zip, torch_legacy};
    const size_t sizes[] = {sizeof torch_zip, sizeof torch_legacy};
    for (int i = 0; i < 2; i++) {
        vq_status status = VQ_ENOMEM;
        long n = 1;
        for (; status != VQ_OK; n++) {
            st_file f;
            support_alloc_fail_at(n);
            status = torch_parse(&f, "m.pt", bytes[i], sizes[i], &err);
            support_alloc_fail_at(0);
            if (status != VQ_OK)
                assert_fails(status, VQ_ENOMEM, &err, "out of memory");
            st_release(&f);
        }
        assert_true(n > 15);
    }
}

const struct CMUnitTest test_torch_file_suite[] = {
    cmocka_unit_test(test_torch_file__zip),
    cmocka_unit_test(test_torch_file__legacy),
    cmocka_unit_test(test_torch_file__nested),
    cmocka_unit_test(test_torch_file__shapes),
    cmocka_unit_test(test_torch_file__deep),
    cmocka_unit_test(test_torch_file__faults),
    cmocka_unit_test(test_torch_file__archives),
    cmocka_unit_test(test_torch_file__damage),
    cmocka_unit_test(test_torch_file__every_allocation),
    {0},
};
