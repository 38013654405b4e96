/*
 * SPDX-License-Identifier: MIT
 *
 * The checksum of the safetensors files that we write: CRC-32 of the whole file with
 * the checksum's own digits read as zeros, in the metadata under CHECKSUM_KEY. Files of
 * others have none. Tested in tests/io/test_checksum.c.
 */
#ifndef VQ_IO_CHECKSUM_H
#define VQ_IO_CHECKSUM_H

#include <stdint.h>

#include "base/status.h"

#define CHECKSUM_KEY "vqvae.crc32"
#define CHECKSUM_BLANK "00000000"

/* Go on with a checksum, which is 0 before the first byte. */
uint32_t checksum_add(uint32_t sum, const void *bytes, size_t size);

/* Where a header of `size` bytes has the 8 digits; `size` when it has none. */
size_t checksum_place(const char *header, size_t size);

/* The digits of a sum, without a zero at the end. */
void checksum_digits(uint32_t sum, char digits[8]);

/*
 * Does a file carry the checksum that it should? Its metadata, NULL where it has none:
 * what stands under CHECKSUM_KEY, "format" and "version". VQ_EINPUT: the checksum does
 * not match, or the file says that it is ours and is without.
 */
vq_status checksum_check(const char *said, const char *format, const char *version,
                         const char *name, const unsigned char *bytes, size_t size,
                         vq_error *err);

#endif
