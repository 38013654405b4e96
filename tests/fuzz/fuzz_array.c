/*
 * SPDX-License-Identifier: MIT
 *
 * libFuzzer entry: any bytes as a .npy file of pictures. What opens must be readable to
 * its last byte.
 */
#include "fuzz.h"

#include "data/dataset.h"

/* Every picture whole, and its middle alone. */
static void read_all(const dataset *ds)
{
    vq_error err;
    int height, width;
    if (!dataset_one_size(ds, &height, &width))
        abort();
    unsigned char *rgb = malloc((size_t)height * width * 3);
    for (int64_t i = 0; i < ds->n && rgb; i++) {
        const source_area middle = {height / 2, width / 2, (height + 1) / 2,
                                    (width + 1) / 2};
        if (dataset_read(ds, i, rgb, &err) != VQ_OK ||
            ds->source.ops->read(ds->source.state, i, middle, rgb, &err) != VQ_OK)
            abort();
    }
    free(rgb);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    vq_error err = {""};
    dataset ds;
    if (size < 6 || bytes[0] != 0x93) /* data of another kind */
        return 0;
    const source_request r = {.data = fuzz_bytes(bytes, size)};
    if (dataset_open(&ds, &r, &err) == VQ_OK) {
        read_all(&ds);
        dataset_close(&ds);
    }
    return 0;
}
