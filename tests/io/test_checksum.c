/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "io/checksum.h"
#include "io/safetensors.h"

/* A small file of ours as bytes; free(). */
static unsigned char *build(const char *format, size_t *size)
{
    char folder[256], path[300];
    unsigned char *bytes;
    vq_error err;
    const float data[3] = {1, -2, 3};
    const char *key[] = {"format", "version", CHECKSUM_KEY};
    const char *value[] = {format, VQ_VERSION, ""};
    char name[] = "w";
    const st_tensor t = {.name = name,
                         .dtype = ST_F32,
                         .rank = 1,
                         .dims = {3},
                         .data = (const unsigned char *)data};
    support_folder_make(folder);
    snprintf(path, sizeof path, "%s/m.safetensors", folder);
    assert_ok(st_write(path, &t, 1, key, value, 3, &err), &err);
    assert_ok(file_read(path, 1 << 20, &bytes, size, &err), &err);
    support_folder_remove(folder);
    return bytes;
}

/* Whatever bit of it flips, a file of ours is refused, and whole it is not. */
static void test_checksum__every_bit(void **state)
{
    (void)state;
    size_t size;
    vq_error err;
    st_file f;
    unsigned char *bytes = build("vqvae", &size);
    assert_ok(st_parse(&f, "m", bytes, size, &err), &err);
    assert_non_null(st_metadata(&f, CHECKSUM_KEY));
    st_release(&f);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        vq_status status = st_parse(&f, "m", bytes, size, &err);
        if (status != VQ_EINPUT)
            fail_msg("bit %zu of %zu: status %d", bit, 8 * size, status);
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    free(bytes);
}

/* Eight digits or none: those that the header cuts short are not there. */
static void test_checksum__place(void **state)
{
    (void)state;
    static const char header[] = "{\"vqvae.crc32\":\"12345678\"}";
    const size_t digits = strlen("{\"vqvae.crc32\":\"");
    assert_int_equal(checksum_place(header, sizeof header - 1), digits);
    assert_int_equal(checksum_place(header, digits + 8), digits);
    assert_int_equal(checksum_place(header, digits + 7), digits + 7);
    assert_int_equal(checksum_place(header + 1, digits), digits);
}

/* The words of the refusals; and files of others and of the past have no checksum. */
static void test_checksum__missing(void **state)
{
    (void)state;
    static const struct {
        const char *header, *part; /* part NULL: accepted */
    } cases[] = {
        {"{\"__metadata__\":{\"format\":\"pt\"}}", NULL},
        {"{\"__metadata__\":{\"format\":\"pt\",\"version\":\"9\"}}", NULL},
        {"{\"__metadata__\":{\"format\":\"vqvae\",\"version\":\"0.1.0\"}}", NULL},
        {"{\"__metadata__\":{\"format\":\"vqvae\"}}", NULL},
        {"{\"__metadata__\":{\"format\":\"vqvae\",\"version\":\"0.2.0\"}}",
         "its checksum is missing"},
        {"{\"__metadata__\":{\"format\":\"vqvae-prior\",\"version\":\"0.2.0\"}}",
         "its checksum is missing"},
        {"{\"__metadata__\":{\"vqvae.crc32\":\"00000000\"}}", "does not match"},
        {"{\"__metadata__\":{\"vqvae.crc32\":\"\"}}", "does not match"},
        {"{\"__metadata__\":{\"vqvae.crc32\" :\"00000000\"}}", "does not match"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char bytes[200];
        uint64_t length = strlen(cases[i].header);
        st_file f;
        vq_error err;
        memcpy(bytes, &length, 8);
        memcpy(bytes + 8, cases[i].header, length);
        vq_status status = st_parse(&f, "m", bytes, 8 + length, &err);
        if (cases[i].part)
            assert_fails(status, VQ_EINPUT, &err, cases[i].part);
        else
            assert_ok(status, &err);
        st_release(&f);
    }
}

const struct CMUnitTest test_checksum_suite[] = {
    cmocka_unit_test(test_checksum__every_bit),
    cmocka_unit_test(test_checksum__place),
    cmocka_unit_test(test_checksum__missing),
    {0},
};
