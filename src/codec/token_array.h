/*
 * SPDX-License-Identifier: MIT
 *
 * The codes of a data set as one array, whose chunks are its pieces, so that any range
 * of pieces can be any process's work. Tested in tests/codec/test_token_set.c.
 */
#ifndef VQ_CODEC_TOKEN_ARRAY_H
#define VQ_CODEC_TOKEN_ARRAY_H

#include "codec/token_chunk.h"

/* Write t->set->array and its index, as vq_encode_set says. */
vq_status token_array_write(tokenizer *t, vq_error *err);

#endif
