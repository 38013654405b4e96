/*
 * SPDX-License-Identifier: MIT
 *
 * Counts and packing by hand-made cases; every width of a code is packed and unpacked
 * in test_vqt.c.
 */
#include "support.h"

#include <string.h>

#include "io/codes.h"

static void test_codes__bits(void **state)
{
    (void)state;
    static const int cases[][2] = {
        {1, 1},         {2, 1},   {3, 2},    {4, 2},        {5, 3},
        {511, 9},       {512, 9}, {513, 10}, {1 << 30, 30}, {(1 << 30) + 1, 31},
        {INT32_MAX, 31}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(codes_bits(cases[i][0]), cases[i][1]);
}

static void test_codes__counts(void **state)
{
    (void)state;
    uint64_t size;
    vq_codes c = {.n = 2, .h = 3, .w = 5, .k = 5};
    assert_int_equal(codes_depth(&c), 1);
    assert_int_equal(codes_count(&c), 30);
    assert_true(codes_packed_size(&c, &size));
    assert_int_equal(size, 12); /* 90 bits */
    c.depth = 4;
    assert_int_equal(codes_depth(&c), 4);
    assert_int_equal(codes_count(&c), 120);
    assert_true(codes_packed_size(&c, &size));
    assert_int_equal(size, 45); /* 360 bits */
}

static void test_codes__size_overflows(void **state)
{
    (void)state;
    uint64_t size;
    const vq_codes codes = {.n = INT32_MAX, .h = INT32_MAX, .w = INT32_MAX, .k = 2};
    const vq_codes depth = {.n = 1 << 30, .h = 1 << 30, .w = 1, .k = 2, .depth = 16};
    const vq_codes bits = {.n = 1 << 30, .h = 1 << 30, .w = 1, .k = 1 << 20};
    assert_false(codes_packed_size(&codes, &size));
    assert_false(codes_packed_size(&depth, &size));
    assert_false(codes_packed_size(&bits, &size));
}

/* 1, 2, 3, 4 of three bits, the lowest bit first: 100011010001 read from the right. */
static void test_codes__packed_lowest_bit_first(void **state)
{
    (void)state;
    int32_t index[] = {1, 2, 3, 4};
    vq_codes c = {.n = 1, .h = 2, .w = 2, .k = 5, .index = index};
    const unsigned char want[] = {0xd1, 0x08};
    unsigned char packed[3] = {0xff, 0xff, 0xff};
    vq_error err;
    codes_pack(&c, packed);
    assert_memory_equal(packed, want, sizeof want);
    assert_int_equal(packed[2], 0xff);
    memset(index, 0, sizeof index);
    assert_ok(codes_unpack(&c, "c", packed, &err), &err);
    assert_memory_equal(index, ((int32_t[]){1, 2, 3, 4}), sizeof index);
}

static void test_codes__unpacking_refuses(void **state)
{
    (void)state;
    int32_t index[4];
    const vq_codes c = {.n = 1, .h = 2, .w = 2, .k = 5, .index = index};
    vq_error err;
    assert_fails(codes_unpack(&c, "c", (const unsigned char[]){0xd1, 0x0a}, &err),
                 VQ_EINPUT, &err, "'c': code 5 at index 3 of a codebook of 5");
    assert_fails(codes_unpack(&c, "c", (const unsigned char[]){0xd1, 0x18}, &err),
                 VQ_EINPUT, &err, "'c': bits are set after the last code");
}

/* Sequences become pictures only where they have just as many codes. */
static void test_codes__reshape(void **state)
{
    (void)state;
    static const struct {
        int n, h, w, depth, to[3], want; /* want: pictures; 0: refused */
    } cases[] = {
        {1, 40, 64, 1, {8, 8, 1}, 40},  {1, 40, 64, 1, {40, 64, 1}, 1},
        {1, 40, 64, 1, {4, 16, 1}, 40}, {1, 40, 64, 1, {8, 4, 2}, 40},
        {1, 1, 2560, 1, {8, 8, 1}, 40}, {1, 1, 2561, 1, {8, 8, 1}, 0},
        {1, 40, 64, 1, {7, 7, 1}, 0},   {1, 40, 64, 1, {4, 8, 1}, 0},
        {1, 40, 128, 1, {8, 8, 1}, 0},  {40, 8, 8, 1, {4, 16, 1}, 40},
        {40, 64, 2, 1, {8, 8, 2}, 40},  {40, 8, 8, 1, {4, 4, 1}, 0},
        {40, 64, 1, 2, {8, 8, 2}, 40},  {1, 40, 64, 1, {0, 8, 1}, 0},
        {1, 40, 64, 1, {8, 0, 1}, 0},   {1, 40, 64, 1, {8, 8, 0}, 0},
        {2, 1, 128, 1, {8, 8, 1}, 0},   {2, 1, 64, 1, {8, 8, 1}, 2},
        {2, 40, 64, 1, {8, 8, 1}, 0},   {1, 2, 128, 1, {8, 8, 1}, 0},
        {1, 40, 64, 1, {8, -8, 1}, 0},  {1, 40, 64, 1, {99999, 99999, 2000000000}, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int *to = cases[i].to;
        vq_error err;
        vq_codes c = {.n = cases[i].n,
                      .h = cases[i].h,
                      .w = cases[i].w,
                      .depth = cases[i].depth,
                      .rank = 2},
                 was = c;
        vq_status status = vq_codes_reshape(&c, to[0], to[1], to[2], &err);
        if (!cases[i].want) {
            assert_fails(status, VQ_EINPUT, &err, " codes are no sequences of ");
            assert_memory_equal(&c, &was, sizeof c);
            continue;
        }
        assert_ok(status, &err);
        assert_int_equal(c.n, cases[i].want);
        assert_int_equal(c.h, to[0]);
        assert_int_equal(c.w, to[1]);
        assert_int_equal(c.depth, to[2]);
        assert_int_equal(c.rank, to[2] > 1 ? 4 : 3);
    }
}

/* An ending that names no format does not matter where a format is given. */
static void test_codes__target(void **state)
{
    (void)state;
    vq_error err;
    assert_ok(vq_codes_check_target("a.npy", VQ_CODES_AUTO, &err), &err);
    assert_ok(vq_codes_check_target("a.none", VQ_CODES_TXT, &err), &err);
    assert_fails(vq_codes_check_target("a.none", VQ_CODES_AUTO, &err), VQ_EUSAGE, &err,
                 "a.none");
    assert_fails(vq_codes_check_target("no/a.npy", VQ_CODES_AUTO, &err), VQ_EIO, &err,
                 "No such file");
}

const struct CMUnitTest test_codes_suite[] = {
    cmocka_unit_test(test_codes__bits),
    cmocka_unit_test(test_codes__counts),
    cmocka_unit_test(test_codes__size_overflows),
    cmocka_unit_test(test_codes__packed_lowest_bit_first),
    cmocka_unit_test(test_codes__unpacking_refuses),
    cmocka_unit_test(test_codes__reshape),
    cmocka_unit_test(test_codes__target),
    {0},
};
