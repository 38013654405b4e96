/*
 * SPDX-License-Identifier: MIT
 *
 * libFuzzer entry: any bytes as a code file, and the same with the CRC of a .vqt file
 * repaired, which no mutation would find. What is accepted can be written.
 */
#include "fuzz.h"

#include <string.h>
#include <zlib.h>

#include "io/codes.h"
#include "io/tokens.h"
#include "io/vqt.h"

static void try_bytes(const uint8_t *data, size_t size)
{
    vq_codes c;
    vq_error err = {""};
    vq_status status = tokens_parse(&c, "fuzz", data, size, &err);
    if (status != VQ_OK) {
        require(status == VQ_EINPUT && err.message[0] && !c.index);
        return;
    }
    require(vq_codes_write(&c, "/dev/null", VQ_CODES_NPY, &err) == VQ_OK);
    require(vq_codes_write(&c, "/dev/null", VQ_CODES_TXT, &err) == VQ_OK);
    status = vq_codes_write(&c, "/dev/null", VQ_CODES_VQT, &err);
    require(status == (c.k ? VQ_OK : VQ_EINPUT));
    require(codes_count(&c) >= 1);
    vq_codes_release(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_bytes(data, size);
    if (size < 44)
        return 0;
    uint8_t *copy = malloc(size);
    require(copy);
    memcpy(copy, data, size);
    memcpy(copy, VQT_MAGIC, 4);
    uLong crc = crc32_z(0, copy, size - 4);
    for (int i = 0; i < 4; i++)
        copy[size - 4 + i] = (uint8_t)(crc >> 8 * i);
    try_bytes(copy, size);
    free(copy);
    return 0;
}
