/*
 * SPDX-License-Identifier: MIT
 *
 * Tensors of a file of any kind that models come in: safetensors, or what torch.save
 * writes. Tested in tests/io/test_model_file.c.
 */
#ifndef VQ_IO_MODEL_FILE_H
#define VQ_IO_MODEL_FILE_H

#include "io/safetensors.h"

/*
 * Read a file, or parse bytes that stay valid for the life of f, and take wrappers off
 * the tensors' names; f->note says what of that a user should know. VQ_EINPUT: another
 * kind of file, which the message names, or a model of others; else as st_read and
 * torch_parse.
 */
vq_status model_file_read(st_file *f, const char *path, vq_error *err);
vq_status model_file_parse(st_file *f, const char *name, const unsigned char *bytes,
                           size_t size, vq_error *err);

#endif
