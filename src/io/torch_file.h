/*
 * SPDX-License-Identifier: MIT
 *
 * Files of torch.save (.pt, .pth, .ckpt): a zip of a pickle and the storages, or, as
 * before PyTorch 1.6, pickles one after another and the storages behind them. Nothing
 * in them is run: of Python names a list is known (torch_tensors.c), and a file with
 * another is refused. Tested in tests/io/test_torch_file.c, fuzzed by
 * tests/fuzz/fuzz_torch.c.
 */
#ifndef VQ_IO_TORCH_FILE_H
#define VQ_IO_TORCH_FILE_H

#include "io/safetensors.h"

/*
 * Parse bytes that stay valid for the life of f, whose tensors come in the order of the
 * state_dict and may be strided or share their data. `name` is for messages. VQ_EINPUT
 * says what does not fit, or names the Python object or the model that it is of.
 */
vq_status torch_parse(st_file *f, const char *name, const unsigned char *bytes,
                      size_t size, vq_error *err);

#endif
