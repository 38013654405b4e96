/*
 * SPDX-License-Identifier: MIT
 *
 * libFuzzer entry: any bytes as a file of PyTorch. What is accepted is
 * converted.
 */
#include "fuzz.h"

#include "io/model_file.h"
#include "io/torch_file.h"

/* No tensor is larger than the file, whatever its strides say. */
static void check_tensors(const st_file *f, size_t size)
{
    for (int i = 0; i < f->n; i++) {
        const st_tensor *t = &f->tensor[i];
        require(t->count >= 0 && (size_t)t->count <= size);
        float *v = malloc((size_t)t->count * sizeof *v + 1);
        vq_status status = st_floats(t, v, NULL);
        require(status == VQ_OK || status == VQ_EINPUT);
        free(v);
        if (i == 16) /* many tensors may share one storage: some are enough */
            break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    st_file f;
    vq_error err = {""};
    vq_status status = torch_parse(&f, "fuzz", data, size, &err);
    require(status == VQ_OK ? f.n > 0 : status == VQ_EINPUT && err.message[0]);
    check_tensors(&f, size);
    st_release(&f);
    status = model_file_parse(&f, "fuzz", data, size, &err);
    require(status == VQ_OK || (status == VQ_EINPUT && !f.tensor));
    st_release(&f);
    return 0;
}
