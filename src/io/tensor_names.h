/*
 * SPDX-License-Identifier: MIT
 *
 * What the names of a file's tensors give away: wrappers that PyTorch put around a
 * model, and models that are none of ours. Tested in tests/io/test_tensor_names.c.
 */
#ifndef VQ_IO_TENSOR_NAMES_H
#define VQ_IO_TENSOR_NAMES_H

#include "io/safetensors.h"

/* Append a sentence to f->note, as far as there is room. */
void tensor_names_note(st_file *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Take what wrappers put before the names, and torch.compile and DataParallel into
 * them: "module.", "_orig_mod.", "model.", "net.", several of them. f->note says so.
 * VQ_EINPUT: two tensors have the same name, or come to have it.
 */
vq_status tensor_names_strip(st_file *f, const char *name, vq_error *err);

/*
 * VQ_EINPUT "'x.pt' is a two-level VQ-VAE-2 (as of ...), an architecture that is not
 * read here" where the names are those of a model of others that is known; VQ_OK
 * elsewhere.
 */
vq_status tensor_names_refuse(const st_file *f, const char *name, vq_error *err);

#endif
