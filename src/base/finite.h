/*
 * SPDX-License-Identifier: MIT
 *
 * Have results become infinite? Finite weights of a file can be so large that what they
 * give is none. Tested in tests/base/test_finite.c.
 */
#ifndef VQ_BASE_FINITE_H
#define VQ_BASE_FINITE_H

#include <stdbool.h>
#include <stddef.h>

/* Is none of them an infinity or NaN? Of no numbers: yes. */
bool all_finite(const float *x, size_t n);

#endif
