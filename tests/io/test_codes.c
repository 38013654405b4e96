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

const struct CMUnitTest test_codes_suite[] = {
    cmocka_unit_test(test_codes__bits),
    cmocka_unit_test(test_codes__counts),
    cmocka_unit_test(test_codes__size_overflows),
    cmocka_unit_test(test_codes__packed_lowest_bit_first),
    cmocka_unit_test(test_codes__unpacking_refuses),
    {0},
};
