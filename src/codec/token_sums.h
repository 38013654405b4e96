/*
 * SPDX-License-Identifier: MIT
 *
 * How large a data set is, in pictures, pixels and bytes. Tested in
 * tests/codec/test_token_set.c.
 */
#ifndef VQ_CODEC_TOKEN_SUMS_H
#define VQ_CODEC_TOKEN_SUMS_H

#include "data/dataset.h"

/* All of sums but what was written. */
void token_sums_take(vq_token_sums *sums, const dataset *ds);

/* Bytes of a file; 0: there is none. */
int64_t token_sums_file(const char *path);

#endif
