/*
 * SPDX-License-Identifier: MIT
 *
 * What a pickle of PyTorch says of storages and tensors. The one place that knows
 * PyTorch's names. Tested in tests/io/test_torch_file.c.
 */
#ifndef VQ_IO_TORCH_TENSORS_H
#define VQ_IO_TORCH_TENSORS_H

#include "io/pickle_tree.h"
#include "io/safetensors.h"

/* All the Python names that are known, for pickle_parse. */
extern const char *const torch_names[];

/* A flat array of numbers that tensors are views of. */
typedef struct torch_storage {
    int value;       /* of the pickle, that asks for it */
    const char *key; /* its name in the file */
    size_t key_size;
    const char *dtype;         /* as in safetensors: "F32" */
    int element;               /* bytes */
    int64_t count;             /* elements */
    const unsigned char *data; /* NULL until the file around the pickle gives it */
} torch_storage;

typedef struct torch_storages {
    torch_storage *v; /* [n], owned, in the order of their values */
    int n;
} torch_storages;

/* All storages that the pickle asks for. VQ_EINPUT: one of another form; VQ_ENOMEM. */
vq_status torch_storages_find(torch_storages *s, const pickle *p, const char *name,
                              vq_error *err);
void torch_storages_release(torch_storages *s);

/*
 * The tensors of the state_dict in the pickle, bare or under "state_dict", "model",
 * "ema" and the like, into f; their data lies in the storages. VQ_EINPUT: no tensors,
 * one that does not fit its storage or whose values overlap; VQ_ENOMEM.
 */
vq_status torch_tensors_read(st_file *f, const pickle *p, const torch_storages *s,
                             const char *name, vq_error *err);

#endif
