/*
 * SPDX-License-Identifier: MIT
 *
 * What the golden .vqt files of all versions hold.
 */
#ifndef VQ_TESTS_IO_SIX_CODES_H
#define VQ_TESTS_IO_SIX_CODES_H

#include <stddef.h>

#include "vqvae.h"

/* One image of 2 x 3 codes of 3 bits, for 10 x 7 pixels: 1 2 3, 4 0 4. */
extern const vq_codes six_codes;

/* Put into its last four bytes what a file's CRC ought to be. */
void six_codes_repair(unsigned char *bytes, size_t size);

#endif
