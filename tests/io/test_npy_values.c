/*
 * SPDX-License-Identifier: MIT
 *
 * Every kind of integer at its bounds, and every order of up to four dimensions.
 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/npy.h"
#include "io/npy_values.h"

static vq_error err;

static npy_integer kind_of(const char *dtype)
{
    npy_integer kind = {0};
    if (!npy_integer_of(&kind, dtype))
        fail_msg("'%s' is no integer", dtype);
    return kind;
}

static void test_npy_values__kinds(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    "i4",   "<i",  "<i3", "<f4", "|b1", "|u2",
                                      "=i4", "<i16", "<U4", "|V2", ">c8", "<i0"};
    npy_integer kind;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (npy_integer_of(&kind, bad[i]))
            fail_msg("'%s' is taken for integers", bad[i]);
    for (int size = 1; size <= 8; size *= 2)
        for (int how = 0; how < 4; how++) {
            char dtype[16];
            snprintf(dtype, sizeof dtype, "%c%c%d", how & 1 ? '>' : '<',
                     how & 2 ? 'i' : 'u', size);
            kind = kind_of(dtype);
            assert_int_equal(kind.size, size);
            assert_int_equal(kind.is_signed, how / 2);
            assert_int_equal(kind.big_endian, how % 2);
        }
    assert_int_equal(kind_of("|u1").size, 1);
}

/* The low bytes of x, as the kind stores them. */
static void store(npy_integer kind, uint64_t x, unsigned char *to)
{
    for (int i = 0; i < kind.size; i++)
        to[kind.big_endian ? kind.size - 1 - i : i] = (unsigned char)(x >> 8 * i);
}

static void test_npy_values__bounds(void **state)
{
    (void)state;
    static const struct {
        char letter;
        int size;
        int64_t value;
        bool fits;
    } cases[] = {
        {'u', 1, 255, true},
        {'i', 1, -128, true},
        {'i', 1, 127, true},
        {'u', 2, 65535, true},
        {'i', 2, -32768, true},
        {'i', 2, 32767, true},
        {'i', 4, INT32_MIN, true},
        {'i', 4, INT32_MAX, true},
        {'u', 4, INT32_MAX, true},
        {'u', 4, 0x80000000, false},
        {'u', 4, 0xFFFFFFFF, false},
        {'i', 8, INT32_MIN, true},
        {'i', 8, INT32_MAX, true},
        {'i', 8, INT32_MIN - 1LL, false},
        {'i', 8, INT32_MAX + 1LL, false},
        {'i', 8, INT64_MIN, false},
        {'u', 8, INT32_MAX, true},
        {'u', 8, -1, false},
        {'u', 8, 1LL << 32, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int big = 0; big < 2; big++) {
            char dtype[16];
            unsigned char data[16] = {0};
            int64_t dims[1] = {2};
            int32_t v[2];
            snprintf(dtype, sizeof dtype, "%c%c%d", big ? '>' : '<', cases[i].letter,
                     cases[i].size);
            npy_layout layout = {.kind = kind_of(dtype), .rank = 1, .dims = dims};
            store(layout.kind, (uint64_t)cases[i].value, data + cases[i].size);
            vq_status status = npy_values_copy(&layout, "x.npy", data, 64, 2, v, &err);
            if (!cases[i].fits) {
                char want[80];
                snprintf(want, sizeof want, " at byte %d does not fit 32 bits",
                         64 + cases[i].size);
                assert_fails(status, VQ_EINPUT, &err, want);
                continue;
            }
            assert_ok(status, &err);
            assert_int_equal(v[0], 0);
            assert_int_equal(v[1], cases[i].value);
        }
    int32_t v;
    npy_layout layout = {.kind = kind_of("<u8")};
    assert_fails(npy_values_copy(&layout, "x.npy",
                                 (const unsigned char *)"\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
                                                        "\xFF",
                                 64, 1, &v, &err),
                 VQ_EINPUT, &err, "'x.npy': 18446744073709551615 at byte 64");
}

/* In Fortran order the first index moves first. */
static void test_npy_values__fortran(void **state)
{
    (void)state;
    static const int64_t shapes[][4] = {{2, 3, 4, 5}, {1, 3, 1, 2}, {7, 1, 1, 1}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int rank = 0; rank <= 4; rank++) {
            const int64_t *dims = shapes[s];
            unsigned char data[240];
            int32_t v[120];
            int64_t count = 1;
            for (int d = 0; d < rank; d++)
                count *= dims[d];
            npy_layout layout = {kind_of(">u2"), true, rank, dims};
            for (int64_t i = 0; i < count; i++) { /* i in C order */
                int64_t place = 0, left = i, below[5] = {1, 1, 1, 1, 1};
                for (int d = 0; d < rank; d++)
                    below[d + 1] = below[d] * dims[d];
                for (int d = rank - 1; d >= 0; d--, left /= dims[d + 1])
                    place += left % dims[d] * below[d];
                store(layout.kind, (uint64_t)(1000 + i), data + 2 * place);
            }
            assert_ok(npy_values_copy(&layout, "x.npy", data, 0, count, v, &err), &err);
            for (int64_t i = 0; i < count; i++)
                assert_int_equal(v[i], 1000 + i);
        }
}

const struct CMUnitTest test_npy_values_suite[] = {
    cmocka_unit_test(test_npy_values__kinds),
    cmocka_unit_test(test_npy_values__bounds),
    cmocka_unit_test(test_npy_values__fortran),
    {0},
};
