/*
 * SPDX-License-Identifier: MIT
 *
 * Nearest codebook row. Tested in tests/tensor/test_nearest.c.
 */
#ifndef VQ_TENSOR_NEAREST_H
#define VQ_TENSOR_NEAREST_H

#include <stddef.h>
#include <stdint.h>

/* Floats of scratch that nearest_code needs for any number of rows. */
size_t nearest_scratch(int k, int d);

/*
 * Quantise each row of z to its nearest code (squared L2; ties -> lowest index).
 *   z [rows,d]   codes [k,d]   out index [rows], values in [0,k)
 * NaN rows get an index in range. Tiles of rows are reduced to their argmin while they
 * are in cache; the [rows,k] matrix is never written. Cannot fail.
 * Source: van den Oord et al. 2017, arXiv:1711.00937, eq. 1.
 */
void nearest_code(const float *z, int rows, const float *codes, int k, int d,
                  int32_t *index, float *scratch);

#endif
