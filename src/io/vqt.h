/*
 * SPDX-License-Identifier: MIT
 *
 * Packed code files. Little endian:
 *   0  "VQT1"                8  u64 fingerprint of the model
 *   4  u16 version (1)      16  u32 n, h, w      28  u32 image width, height
 *   6  u16 codes_bits(K),  36  u32 K
 *      + 256: of gray
 *  40  n*h*w codes, packed lowest bit first, padded with zero bits to a byte
 *  end u32 CRC-32 of every byte before it
 * Version 2 is for positions of more than one code: u32 depth, above 1, at 40, and
 * n*h*w*depth codes at 44. Version 3 is coded by a prior: u32 depth at 40, u64
 * fingerprint of the prior at 44, u32 CRC-32 of the codes as little-endian i32 at 52,
 * and what the prior makes of them from 56 on (prior/entropy.h).
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

/* A file_look_fn: can a file that begins so, with VQT_MAGIC, and has that size be one?
 */
vq_status vqt_look(const char *name, const unsigned char *bytes, size_t n, int64_t size,
                   vq_error *err);

/*
 * Write codes, whose indices are in [0, k), atomically. VQ_EINPUT: k is not known, or
 * the picture's size is not one that h x w codes can stand for. VQ_EIO, VQ_ENOMEM.
 */
vq_status vqt_write(const vq_codes *codes, const char *path, vq_error *err);

/* What only version 3 has. */
typedef struct vqt_coded {
    uint64_t prior;
    uint32_t crc;               /* of the codes */
    const unsigned char *bytes; /* borrowed */
    size_t size;
} vqt_coded;

bool vqt_is_coded(const unsigned char *bytes, size_t size);

/* CRC-32 of the codes of a version 3. */
uint32_t vqt_codes_crc(const vq_codes *codes);

/* Bytes of the file that vqt_write makes; SIZE_MAX where that is too many. */
size_t vqt_plain_size(const vq_codes *codes);
size_t vqt_coded_size(const vqt_coded *coded);

/*
 * Parse a version 3: the fields of codes without its index, for at most VQT_CODED_MAX
 * codes. Errors as vqt_parse.
 */
#define VQT_CODED_MAX ((size_t)1 << 28)
vq_status vqt_parse_coded(vq_codes *codes, vqt_coded *coded, const char *name,
                          const unsigned char *bytes, size_t size, vq_error *err);

/* Write a version 3, atomically. Errors as vqt_write. */
vq_status vqt_write_coded(const vq_codes *codes, const vqt_coded *coded,
                          const char *path, vq_error *err);

#endif
