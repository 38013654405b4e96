/*
 * SPDX-License-Identifier: MIT
 *
 * Codes to bytes by the prior, and back: the prior's chances at each position steer a
 * range coder. Both sides run the very same procedure, column by column over groups of
 * pictures, in exact arithmetic, so any machine reads what any other wrote.
 *
 * The bytes: pictures in groups of ENTROPY_GROUP, a stream each; first a u32 for each
 * group but the last with its stream's size. A stream begins with the class of each
 * picture, all equally likely, unless there is none or a class that stands for none; it
 * goes on position by position, in one position book by book, in one book picture by
 * picture. Tested in tests/prior/test_entropy.c.
 */
#ifndef VQ_PRIOR_ENTROPY_H
#define VQ_PRIOR_ENTROPY_H

#include "prior/columns.h"

#define ENTROPY_GROUP 128

/*
 * The frequencies of k codes that logits give, each at least 1; their sum, at most
 * 2^24, is returned. k is at most PRIOR_CODES_MAX.
 */
uint32_t entropy_frequencies(const simd *s, const float *logits, int k,
                             uint32_t *frequency);

/*
 * Code codes, whose sizes must be the prior's, into *bytes (free()). nameless: the last
 * class stands for none. VQ_ENOMEM.
 */
vq_status entropy_encode(const columns_net *cn, bool nameless, const vq_codes *codes,
                         int threads, unsigned char **bytes, size_t *size,
                         vq_error *err);

/* Fill codes->index, allocated for codes' sizes. VQ_EINPUT: not such bytes. */
vq_status entropy_decode(const columns_net *cn, bool nameless, const vq_codes *codes,
                         int threads, const unsigned char *bytes, size_t size,
                         vq_error *err);

#endif
