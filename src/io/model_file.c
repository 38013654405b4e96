/* SPDX-License-Identifier: MIT */
#include "io/model_file.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/magic.h"
#include "io/tensor_names.h"
#include "io/torch_file.h"

#define MODEL_FILE_MAX ((size_t)UINT32_MAX)

static bool is_safetensors(magic_kind kind)
{
    return kind == MAGIC_SAFETENSORS || kind == MAGIC_UNKNOWN;
}

/* PyTorch's entries may come in another order, so that any zip may be its. */
static bool is_torch(magic_kind kind)
{
    return kind == MAGIC_TORCH || kind == MAGIC_TORCH_LEGACY || kind == MAGIC_ZIP;
}

static vq_status parse_kind(st_file *f, const char *name, const unsigned char *bytes,
                            size_t size, vq_error *err)
{
    const magic_kind kind = magic_of(bytes, size);
    return is_safetensors(kind) ? st_parse(f, name, bytes, size, err)
           : is_torch(kind)     ? torch_parse(f, name, bytes, size, err)
                                : magic_refuse(name, bytes, size, WANT_MODEL, err);
}

vq_status model_file_parse(st_file *f, const char *name, const unsigned char *bytes,
                           size_t size, vq_error *err)
{
    vq_status status;
    *f = (st_file){0};
    if (!size)
        return vq_fail(err, VQ_EINPUT, "'%s' is empty, not a model", name);
    TRY(parse_kind(f, name, bytes, size, err));
    TRY(tensor_names_strip(f, name, err));
    TRY(tensor_names_refuse(f, name, err));
out:
    if (status != VQ_OK)
        st_release(f);
    return status;
}

/* A file_look_fn. Of PyTorch's files the last bytes say what they hold, not the first.
 */
static vq_status look(const char *name, const unsigned char *bytes, size_t n,
                      int64_t size, vq_error *err)
{
    const magic_kind kind = magic_of(bytes, n);
    return is_safetensors(kind) ? st_look(name, bytes, n, size, err)
           : is_torch(kind)     ? VQ_OK
                                : magic_refuse(name, bytes, n, WANT_MODEL, err);
}

vq_status model_file_read(st_file *f, const char *path, vq_error *err)
{
    unsigned char *bytes;
    size_t size;
    *f = (st_file){0};
    vq_status status =
        file_read_looking(path, MODEL_FILE_MAX, look, &bytes, &size, err);
    if (status != VQ_OK)
        return status;
    status = model_file_parse(f, file_input_name(path), bytes, size, err);
    if (status == VQ_OK)
        f->bytes = bytes;
    else
        free(bytes);
    return status;
}
