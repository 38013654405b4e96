/* SPDX-License-Identifier: MIT */
#include "io/checksum.h"

#include <stdio.h>
#include <string.h>

#include <zlib.h>

/* The last version that wrote no checksum. */
#define VERSION_WITHOUT "0.1.0"

uint32_t checksum_add(uint32_t sum, const void *bytes, size_t size)
{
    return size ? (uint32_t)crc32_z(sum, bytes, size) : sum;
}

size_t checksum_place(const char *header, size_t size)
{
    static const char before[] = "\"" CHECKSUM_KEY "\":\"";
    const size_t length = sizeof before - 1;
    const char *at = memmem(header, size, before, length);
    size_t place = at ? (size_t)(at - header) + length : size;
    return size - place >= 8 ? place : size;
}

void checksum_digits(uint32_t sum, char digits[8])
{
    char text[9];
    snprintf(text, sizeof text, "%08x", sum);
    memcpy(digits, text, 8);
}

vq_status checksum_check(const char *said, const char *format, const char *version,
                         const char *name, const unsigned char *bytes, size_t size,
                         vq_error *err)
{
    char digits[8];
    bool is_ours = format && strncmp(format, "vqvae", 5) == 0 && version &&
                   strcmp(version, VERSION_WITHOUT) != 0;
    if (!said && !is_ours)
        return VQ_OK;
    uint64_t length;
    memcpy(&length, bytes, sizeof length);
    const size_t end = 8 + (size_t)length; /* of the header */
    const size_t place = 8 + checksum_place((const char *)bytes + 8, (size_t)length);
    if (said && place < end) {
        uint32_t sum = checksum_add(0, bytes, place);
        sum = checksum_add(sum, CHECKSUM_BLANK, 8);
        sum = checksum_add(sum, bytes + place + 8, size - place - 8);
        checksum_digits(sum, digits);
        if (memcmp(digits, bytes + place, 8) == 0)
            return VQ_OK;
    }
    return vq_fail(err, VQ_EINPUT,
                   "'%s' is damaged: its checksum %s; a program that changes such a "
                   "file leaves 'version' and '" CHECKSUM_KEY "' out of its metadata",
                   name, said ? "does not match" : "is missing");
}
