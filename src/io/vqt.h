/*
 * SPDX-License-Identifier: MIT
 *
 * Packed code files. Little endian:
 *   0  "VQT1"                8  u64 fingerprint of the model
 *   4  u16 version (1)      16  u32 n, h, w      28  u32 image width, height
 *   6  u16 codes_bits(K)   36  u32 K
 *  40  n*h*w codes, packed lowest bit first, padded with zero bits to a byte
 *  end u32 CRC-32 of every byte before it
 * Version 2 is for positions of more than one code: u32 depth, above 1, at 40, and
 * n*h*w*depth codes at 44.
 * Tested in tests/io/test_vqt.c.
 */
#ifndef VQ_IO_VQT_H
#define VQ_IO_VQT_H

#include "base/status.h"

#define VQT_MAGIC "VQT1"

/*
 * Parse bytes that begin with VQT_MAGIC; `name` is for messages. VQ_EINPUT: any field
 * that is not what another one implies, a bad CRC, a code of K or above. VQ_ENOMEM.
 */
vq_status vqt_parse(vq_codes *codes, const char *name, const unsigned char *bytes,
                    size_t size, vq_error *err);

/*
 * Write codes, whose indices are in [0, k), atomically. VQ_EINPUT: k is not known, or
 * the picture's size is not one that h x w codes can stand for. VQ_EIO, VQ_ENOMEM.
 */
vq_status vqt_write(const vq_codes *codes, const char *path, vq_error *err);

#endif
