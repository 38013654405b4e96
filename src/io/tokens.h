/*
 * SPDX-License-Identifier: MIT
 *
 * Code files: .vqt (packed), .npy and .txt. Implements vq_codes_read, vq_codes_write
 * and vq_codes_release. Tested in tests/io/test_tokens.c, fuzzed by
 * tests/fuzz/fuzz_tokens.c.
 *
 * .vqt, little endian:
 *   0  "VQT1"                8  u64 fingerprint of the model
 *   4  u16 version (1)      16  u32 n, h, w      28  u32 image width, height
 *   6  u16 bits per code    36  u32 K
 *  40  n*h*w codes, packed lowest bit first, padded with zero bits to a byte
 *  end u32 CRC-32 of every byte before it
 */
#ifndef VQ_IO_TOKENS_H
#define VQ_IO_TOKENS_H

#include "base/status.h"

/* Parse the bytes of a code file of any of the three kinds; `name` is for messages. */
vq_status tokens_parse(vq_codes *codes, const char *name, const unsigned char *bytes,
                       size_t size, vq_error *err);

/* Bits that hold one code of K: ceil(log2 K), at least 1. */
int tokens_bits(int k);

#endif
