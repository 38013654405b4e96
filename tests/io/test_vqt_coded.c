/*
 * SPDX-License-Identifier: MIT
 *
 * Version 3 of a .vqt file, byte by byte: what a prior makes of the codes is any bytes
 * here. prior/test_entropy.c has it made.
 */
#include "faults.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "io/codes.h"
#include "io/six_codes.h"
#include "io/vqt.h"

static vq_error err;

/* six_codes, which take 3 bytes uncoded, in two. */
static const unsigned char golden[] = {
    'V',  'Q',  'T',  '1',  3,    0,    3,    0,                /* version, bits */
    0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,             /* fingerprint */
    1,    0,    0,    0,    2,    0,    0,    0,    3, 0, 0, 0, /* n, h, w */
    10,   0,    0,    0,    7,    0,    0,    0,    5, 0, 0, 0, /* width, height, K */
    1,    0,    0,    0,                                        /* depth */
    0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01,             /* prior */
    0x51, 0xc1, 0x86, 0x4d,                                     /* CRC of the codes */
    9,    8,                                                    /* coded */
    0xee, 0xe6, 0xfd, 0x2a, /* CRC, both as Python's zlib.crc32 gives them */
};
enum { SIZE = sizeof golden, PAYLOAD = SIZE - 4 };

/* Parse that many bytes of the file with a number put into it, its CRC repaired. */
static vq_status altered(size_t at, uint64_t value, int n_bytes, size_t size,
                         vq_codes *c, vqt_coded *coded)
{
    unsigned char bytes[SIZE + 8] = {0};
    memcpy(bytes, golden, PAYLOAD);
    for (int i = 0; i < n_bytes; i++)
        bytes[at + i] = (unsigned char)(value >> 8 * i);
    six_codes_repair(bytes, size);
    unsigned char *copy = exact_copy(bytes, size);
    vq_status status = vqt_parse_coded(c, coded, "c.vqt", copy, size, &err);
    free(copy);
    return status;
}

static void test_vqt_coded__golden(void **state)
{
    (void)state;
    const unsigned char payload[] = {9, 8};
    vqt_coded coded = {.prior = 0x0102030405060708,
                       .crc = vqt_codes_crc(&six_codes),
                       .bytes = payload,
                       .size = sizeof payload};
    vq_codes back;
    unsigned char *data;
    size_t size;
    assert_int_equal(coded.crc, 0x4d86c151);
    assert_int_equal(vqt_coded_size(&coded), SIZE);
    assert_ok(vqt_write_coded(&six_codes, &coded, in_folder("c"), &err), &err);
    assert_ok(file_read(in_folder("c"), 1000, &data, &size, &err), &err);
    assert_int_equal(size, SIZE);
    assert_memory_equal(data, golden, SIZE);
    coded = (vqt_coded){0};
    assert_ok(vqt_parse_coded(&back, &coded, "c.vqt", data, size, &err), &err);
    assert_true(coded.prior == 0x0102030405060708);
    assert_int_equal(coded.crc, 0x4d86c151);
    assert_int_equal(coded.size, 2);
    assert_ptr_equal(coded.bytes, data + PAYLOAD - 2);
    assert_int_equal(back.n * 100 + back.h * 10 + back.w, 123);
    assert_int_equal(back.k, 5);
    assert_int_equal(back.depth, 1);
    free(data);
}

/* The first six bytes tell that a file is coded. */
static void test_vqt_coded__told_apart(void **state)
{
    (void)state;
    unsigned char bytes[6];
    memcpy(bytes, golden, sizeof bytes);
    assert_true(vqt_is_coded(bytes, 6));
    assert_false(vqt_is_coded(bytes, 5));
    bytes[4] = 2;
    assert_false(vqt_is_coded(bytes, 6));
    bytes[4] = 3;
    bytes[0] = 'W';
    assert_false(vqt_is_coded(bytes, 6));
}

static void test_vqt_coded__limits(void **state)
{
    (void)state;
    vq_codes c;
    vqt_coded coded;
    static const struct {
        size_t at;
        uint64_t value;
        int n_bytes;
        size_t size;
        const char *want;
    } cases[] = {
        /* from no byte of coded data to as many as the codes would take without */
        {0, 'V', 1, SIZE - 2, NULL},
        {0, 'V', 1, SIZE + 1, NULL},
        {0, 'V', 1, SIZE + 2, "4 bytes of data for 1 images of 3 x 2 codes of 3 bits"},
        {0, 'V', 1, SIZE - 3, "it ends at byte 59"},
        {40, 0, 4, SIZE, "version 3 with 0 codes a position"},
        {40, 2, 4, SIZE, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vq_status status = altered(cases[i].at, cases[i].value, cases[i].n_bytes,
                                   cases[i].size, &c, &coded);
        if (cases[i].want)
            assert_fails(status, VQ_EINPUT, &err, cases[i].want);
        else
            assert_ok(status, &err);
    }
}

/* However little is coded, no more codes than are allowed are promised. */
static void test_vqt_coded__most_codes(void **state)
{
    (void)state;
    const vqt_coded none = {.bytes = golden};
    for (int more = 0; more < 2; more++) {
        vq_codes c = {.n = 1 << 14, .h = 1 << 14, .w = 1, .k = 5}, back;
        vqt_coded coded;
        unsigned char *data;
        size_t size;
        c.n += more;
        assert_ok(vqt_write_coded(&c, &none, in_folder("c"), &err), &err);
        assert_ok(file_read(in_folder("c"), 1000, &data, &size, &err), &err);
        vq_status status = vqt_parse_coded(&back, &coded, "c", data, size, &err);
        free(data);
        if (more)
            assert_fails(status, VQ_EINPUT, &err,
                         "16385 images of 1 x 16384 codes are too many");
        else
            assert_ok(status, &err);
    }
}

/* So many bytes are enough to look at, one less is not. */
static void test_vqt_coded__look(void **state)
{
    (void)state;
    unsigned char bytes[60] = {0};
    memcpy(bytes, golden, SIZE - 2);
    assert_ok(vqt_look("c", bytes, 60, SIZE, &err), &err);
    assert_ok(vqt_look("c", bytes, 60, -1, &err), &err);
    assert_fails(vqt_look("c", bytes, 60, SIZE + 2, &err), VQ_EINPUT, &err,
                 "4 bytes of data");
    assert_fails(vqt_look("c", bytes, 60, 0, &err), VQ_EINPUT, &err, "byte 0");
    assert_ok(vqt_look("c", bytes, 59, SIZE + 2, &err), &err);
}

const struct CMUnitTest test_vqt_coded_suite[] = {
    folder_test(test_vqt_coded__golden),
    cmocka_unit_test(test_vqt_coded__told_apart),
    cmocka_unit_test(test_vqt_coded__limits),
    folder_test(test_vqt_coded__most_codes),
    cmocka_unit_test(test_vqt_coded__look),
    {0},
};
