/*
 * SPDX-License-Identifier: MIT
 *
 * IEEE 754 half precision, by bits, so that no instruction set is needed. Every one of
 * the 65,536 halves and every midpoint between two of them is tested, in
 * tests/io/test_half.c.
 */
#ifndef VQ_IO_HALF_H
#define VQ_IO_HALF_H

#include <stdint.h>

uint16_t half_from_float(float x); /* round to nearest even */
float half_to_float(uint16_t x);

/* n halves, little-endian, at any address. */
void half_to_floats(const unsigned char *bytes, int64_t n, float *out);

#endif
