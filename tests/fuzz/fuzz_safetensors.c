/*
 * SPDX-License-Identifier: MIT
 *
 * libFuzzer entry: any bytes as safetensors. What is accepted is converted and
 * written.
 */
#include "fuzz.h"

#include <string.h>

#include "io/safetensors.h"

/* Tensors must tile the bytes up to their end. */
static void check_tiling(const st_file *f, const uint8_t *end)
{
    const uint8_t *at = f->n ? f->tensor[0].data : end;
    for (int i = 0; i < f->n; i++) {
        const st_tensor *t = &f->tensor[i];
        require(t->data == at && st_find(f, t->name) == t);
        at += t->size;
        float *v = malloc((size_t)t->count * sizeof *v + 1);
        vq_status status = st_floats(t, v, NULL);
        require(status == VQ_OK || status == VQ_EINPUT);
        free(v);
    }
    require(at == end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    st_file f;
    vq_error err = {""};
    vq_status status = st_parse(&f, "fuzz", data, size, &err);
    if (status != VQ_OK) {
        require(status == VQ_EINPUT && err.message[0] && !f.tensor);
        return 0;
    }
    check_tiling(&f, data + size);
    bool ours = true;
    for (int i = 0; i < f.n; i++)
        ours &= f.tensor[i].dtype != ST_OTHER;
    if (ours)
        require(st_write("/dev/null", f.tensor, f.n, (const char *const *)f.key,
                         (const char *const *)f.value, f.n_metadata, &err) == VQ_OK);
    st_release(&f);
    return 0;
}
