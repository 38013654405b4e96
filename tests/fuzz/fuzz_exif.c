/*
 * SPDX-License-Identifier: MIT
 *
 * libFuzzer entry: any bytes as Exif data. There is always a way up.
 */
#include "fuzz.h"

#include "image/exif.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int orientation = exif_orientation(data, size);
    if (orientation < 1 || orientation > 8)
        abort();
    return 0;
}
