/*
 * SPDX-License-Identifier: MIT
 *
 * The codes of a data set as a file a picture, each of which comes into its folder
 * whole. Tested in tests/codec/test_token_folder.c.
 */
#ifndef VQ_CODEC_TOKEN_FOLDER_H
#define VQ_CODEC_TOKEN_FOLDER_H

#include "codec/token_chunk.h"

/* Write the files of t->set->folder and its index, as vq_encode_set says. */
vq_status token_folder_write(tokenizer *t, vq_error *err);

/* Bytes of its files, without the index. */
int64_t token_folder_bytes(const tokenizer *t);

#endif
