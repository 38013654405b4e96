/*
 * SPDX-License-Identifier: MIT
 *
 * libFuzzer entry: a CIFAR-style file. What opens must be readable to the last byte.
 * Whole records are rare among random lengths, so the first two bytes (and the size)
 * choose a length at or near a whole number of them, which the others, repeated, fill.
 */
#include "fuzz.h"

#include <string.h>

#include "data/cifar.h"
#include "data/variance.h"

/* The path of such a file, in memory, and its size. */
static const char *make_file(size_t *length, const uint8_t *bytes, size_t size)
{
    /* around a block now and then: those are dear */
    static const size_t few[] = {0, 1, 2, 3}, many[] = {63, 64, 65, 128};
    const size_t *counts = size % 32 ? few : many;
    static uint8_t file[130 * (CIFAR_PIXELS + 2)];
    const size_t record = CIFAR_PIXELS + 1 + bytes[0] % 2;
    size_t filled = size - 2;
    *length = counts[bytes[0] / 2 % 4] * record + (bytes[1] < 64 ? bytes[1] : 0);
    filled = filled < *length ? filled : *length;
    memcpy(file, bytes + 2, filled);
    while (filled < *length) {
        const size_t n = filled < *length - filled ? filled : *length - filled;
        memcpy(file + filled, file, n);
        filled += n;
    }
    return fuzz_bytes(file, *length);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 3)
        return 0;
    vq_error err;
    dataset ds;
    double variance;
    unsigned char pixels[CIFAR_PIXELS];
    size_t length;
    const source_request r = {.data = make_file(&length, bytes, size)};
    if (dataset_open(&ds, &r, &err) == VQ_OK) {
        if (ds.n * (ds.source.n_classes == 10 ? 1 : 2) + ds.n * CIFAR_PIXELS !=
            (int64_t)length)
            abort();
        for (int64_t i = 0; i < ds.n; i++)
            if (dataset_read(&ds, i, pixels, &err) != VQ_OK)
                abort();
        if (variance_measure(&ds, 1, NULL, NULL, &variance, &err) != VQ_OK ||
            !(variance >= 0 && variance <= 0.25))
            abort();
        dataset_close(&ds);
    }
    return 0;
}
