/*
 * SPDX-License-Identifier: MIT
 *
 * libFuzzer entry: a CIFAR-style file. What opens must be readable to the last byte.
 * Whole records are rare among random lengths, so the first two bytes choose a length
 * at or near a whole number of them, and the others are repeated to fill it.
 */
#include "fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/cifar.h"
#include "data/variance.h"

/* An unnamed file in memory of the size that is returned. */
static size_t make_file(int fd, const uint8_t *bytes, size_t size)
{
    static const size_t counts[] = {0, 1, 2, 3, 63, 64, 65, 128}; /* around a block */
    static uint8_t file[130 * (CIFAR_PIXELS + 2)];
    size_t record = CIFAR_PIXELS + 1 + bytes[0] % 2;
    size_t length = counts[bytes[0] / 2 % 8] * record + (bytes[1] < 64 ? bytes[1] : 0);
    for (size_t i = 0; i < length; i++)
        file[i] = bytes[2 + i % (size - 2)];
    if (fd < 0 || write(fd, file, length) != (ssize_t)length)
        abort();
    return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 3)
        return 0;
    char path[64];
    vq_error err;
    dataset ds;
    double variance;
    unsigned char pixels[CIFAR_PIXELS];
    int fd = memfd_create("cifar", MFD_CLOEXEC);
    size_t length = make_file(fd, bytes, size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const source_request r = {.data = path};
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
    close(fd);
    return 0;
}
