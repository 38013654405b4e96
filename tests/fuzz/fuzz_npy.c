/*
 * SPDX-License-Identifier: MIT
 *
 * libFuzzer entry: any bytes as .npy. What is accepted can be read to its last value.
 */
#include "fuzz.h"

#include "io/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    npy_ints a;
    vq_error err = {""};
    vq_status status = npy_parse(&a, "fuzz", data, size, &err);
    if (status != VQ_OK) {
        if (status != VQ_EINPUT || !err.message[0] || a.v)
            abort();
        return 0;
    }
    int64_t count = 1;
    for (int i = 0; i < a.rank; i++)
        count *= a.dims[i];
    if (count != a.count || npy_write("/dev/null", a.rank, a.dims, a.v, &err) != VQ_OK)
        abort();
    free(a.v);
    return 0;
}
