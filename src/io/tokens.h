/*
 * SPDX-License-Identifier: MIT
 *
 * Code files: .vqt (packed), .npy and .txt. Implements vq_codes_read, vq_codes_write
 * and vq_codes_release. .vqt is in io/vqt.h. Tested in tests/io/test_tokens.c, fuzzed
 * by tests/fuzz/fuzz_tokens.c.
 *
 * .txt: decimal codes between blanks, a line for a row; blank lines between images,
 * which all have one size. The codes of one position are joined by commas.
 */
#ifndef VQ_IO_TOKENS_H
#define VQ_IO_TOKENS_H

#include "base/status.h"

/*
 * Parse the bytes of a code file of any of the three kinds; `name` is for messages. A
 * .npy is [n, h, w, depth], [n, h, w] or [h, w]. VQ_EINPUT says what is wrong and
 * where; VQ_ENOMEM.
 */
vq_status tokens_parse(vq_codes *codes, const char *name, const unsigned char *bytes,
                       size_t size, vq_error *err);

/* Bits that hold one code of K: ceil(log2 K), at least 1. */
int tokens_bits(int k);

/* Codes of a position, at least 1; and of all images, which must not overflow. */
int tokens_depth(const vq_codes *codes);
size_t tokens_count(const vq_codes *codes);

#endif
