/*
 * SPDX-License-Identifier: MIT
 *
 * Code files: .vqt (packed), .npy and .txt. Implements vq_codes_read and
 * vq_codes_write. .vqt is in io/vqt.h. Tested in tests/io/test_tokens.c, fuzzed
 * by tests/fuzz/fuzz_tokens.c.
 *
 * .txt: decimal codes between blanks, a line for a row; blank lines between images,
 * which all have one size. The codes of one position are joined by commas.
 */
#ifndef VQ_IO_TOKENS_H
#define VQ_IO_TOKENS_H

#include "base/status.h"

#define TOKENS_FILE_MAX ((size_t)1 << 30) /* bytes */

/*
 * Parse the bytes of a code file of any of the three kinds; `name` is for messages. A
 * .npy is [n, h, w, depth], [n, h, w], [h, w] or [w]. VQ_EINPUT says what is wrong and
 * where; VQ_ENOMEM.
 */
vq_status tokens_parse(vq_codes *codes, const char *name, const unsigned char *bytes,
                       size_t size, vq_error *err);

/* A file_look_fn: can a file that begins so and has that size be one of codes? */
vq_status tokens_look(const char *name, const unsigned char *bytes, size_t n,
                      int64_t size, vq_error *err);

#endif
