/*
 * SPDX-License-Identifier: MIT
 *
 * Numbers as people write them: one rule for every option and file. Tested in
 * tests/base/test_decimal.c.
 */
#ifndef VQ_BASE_DECIMAL_H
#define VQ_BASE_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Digits, perhaps with a sign before them, a point in them and an exponent behind: 12,
 * -0.5, .5, 1e3. False: anything else, as 0x10, inf, blanks, or a number beyond double.
 */
bool decimal_read(const char *text, double *x);

/* The same number, which is whole and in [least, most]: 1000 and 1e3 are one. */
bool decimal_read_whole(const char *text, int64_t least, int64_t most, int64_t *x);

/* From 0 to 2^64 - 1. With a point or an exponent it must be under 2^53, where every
 * double is what was written. */
bool decimal_read_unsigned(const char *text, uint64_t *x);

/* Shortest decimal text that reads back as x. */
void decimal_text(double x, char text[32]);

/* A whole number with a comma before every three digits: 50,000. */
void decimal_grouped(int64_t n, char text[32]);

#endif
