/*
 * SPDX-License-Identifier: MIT
 *
 * libFuzzer entry: any bytes as a JPEG. What is accepted has the size that its header
 * promised and can be read to its last byte.
 */
#include "fuzz.h"

#include <stdio.h>

#include "image/jpeg.h"

static vq_status read_bytes(const uint8_t *data, size_t size, int rows, vq_image *image,
                            vq_error *err)
{
    FILE *stream = fmemopen((void *)(uintptr_t)data, size, "rb");
    vq_status status = jpeg_decode(image, rows, "fuzz", stream, err);
    fclose(stream);
    if (status != VQ_OK && (image->rgb || !err->message[0]))
        abort();
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vq_image image, promised;
    vq_error err = {""};
    if (!size)
        return 0;
    vq_status header = read_bytes(data, size, IMAGE_SIZE_ALONE, &promised, &err);
    /* a small file may have many pixels, and take a while */
    if (header == VQ_OK && (int64_t)promised.width * promised.height > 1 << 22)
        return 0;
    if (read_bytes(data, size, IMAGE_ALL_ROWS, &image, &err) != VQ_OK)
        return 0;
    if (header != VQ_OK || image.width != promised.width ||
        image.height != promised.height)
        abort();
    unsigned char sum = 0;
    for (size_t i = 0; i < (size_t)image.width * image.height * 3; i++)
        sum ^= image.rgb[i]; /* every byte is there to be read */
    volatile unsigned char sink = sum;
    (void)sink;
    vq_image_release(&image);
    return 0;
}
