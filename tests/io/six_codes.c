/* SPDX-License-Identifier: MIT */
#include "io/six_codes.h"

#include <zlib.h>

static int32_t indices[6] = {1, 2, 3, 4, 0, 4};
const vq_codes six_codes = {.n = 1,
                            .h = 2,
                            .w = 3,
                            .k = 5,
                            .width = 10,
                            .height = 7,
                            .fingerprint = 0x8877665544332211,
                            .index = indices,
                            .depth = 1};

void six_codes_repair(unsigned char *bytes, size_t size)
{
    const uLong crc = crc32(0, bytes, (uInt)size - 4);
    for (int i = 0; i < 4; i++)
        bytes[size - 4 + i] = (unsigned char)(crc >> 8 * i);
}
