/*
 * SPDX-License-Identifier: MIT
 *
 * Codes as numbers and as bits, for every kind of file that holds them: how many there
 * are, how many bits one takes, and all of them packed. Implements vq_codes_release
 * and vq_codes_reshape.
 * Tested in tests/io/test_codes.c.
 */
#ifndef VQ_IO_CODES_H
#define VQ_IO_CODES_H

#include "base/status.h"

/* How the files of a folder end in a format: ".npy", ".txt", else ".vqt". */
const char *codes_ending(vq_codes_format format);

/* Bits that hold one code of K: ceil(log2 K), at least 1. */
int codes_bits(int k);

/* Codes of a position, at least 1; and of all images, which must not overflow. */
int codes_depth(const vq_codes *codes);
size_t codes_count(const vq_codes *codes);

/* The codes of image i. */
int32_t *codes_image(const vq_codes *codes, int i);

/* Bytes of all codes at codes_bits(k) each; false on overflow. */
bool codes_packed_size(const vq_codes *codes, uint64_t *size);

/* Pack codes, which are in [0, k), lowest bit first; zero bits fill the last byte. */
void codes_pack(const vq_codes *codes, unsigned char *to);

/*
 * Unpack codes_packed_size bytes into codes->index [codes_count]. VQ_EINPUT: a code of
 * K or above, or a bit set after the last one. `name` is for messages.
 */
vq_status codes_unpack(const vq_codes *codes, const char *name,
                       const unsigned char *from, vq_error *err);

#endif
