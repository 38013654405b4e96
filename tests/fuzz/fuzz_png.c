/*
 * SPDX-License-Identifier: MIT
 *
 * libFuzzer entry: any bytes as a PNG. What is accepted has the size that its header
 * promised and can be read to its last byte.
 */
#include "fuzz.h"

#include <stdio.h>

#include "image/png.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vq_image image;
    vq_error err;
    if (!size)
        return 0;
    FILE *stream = fmemopen((void *)(uintptr_t)data, size, "rb");
    vq_status status = png_decode(&image, IMAGE_ALL_ROWS, "fuzz", stream, &err);
    fclose(stream);
    if (status != VQ_OK && (image.rgb || !err.message[0]))
        abort();
    vq_image promised;
    stream = fmemopen((void *)(uintptr_t)data, size, "rb");
    vq_status header = png_decode(&promised, IMAGE_SIZE_ALONE, "fuzz", stream, &err);
    fclose(stream);
    if (promised.rgb ||
        (status == VQ_OK && (header != VQ_OK || promised.width != image.width ||
                             promised.height != image.height)))
        abort();
    unsigned char sum = 0;
    for (size_t i = 0; i < (size_t)image.width * image.height * 3; i++)
        sum ^= image.rgb[i]; /* every byte is there to be read */
    volatile unsigned char sink = sum;
    (void)sink;
    vq_image_release(&image);
    return 0;
}
