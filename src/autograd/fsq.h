/*
 * SPDX-License-Identifier: MIT
 *
 * Finite scalar quantization (Mentzer et al. 2023, arXiv:2309.15505): no codebook is
 * learned, every value of a row is rounded to one of L levels. With
 * h = (L-1)(1+1e-3)/2 and off = .5 for an even L, else 0,
 *
 *   z' = round(tanh(z + atanh(off/h)) h - off) / floor(L/2)
 *
 * and a row's code is the number whose digits are the levels, the first the lowest.
 * Tested in tests/autograd/test_op_fsq.c.
 */
#ifndef VQ_AUTOGRAD_FSQ_H
#define VQ_AUTOGRAD_FSQ_H

#include <stddef.h>
#include <stdint.h>

#define FSQ_MAX 16

typedef struct fsq {
    int n, levels[FSQ_MAX]; /* 2 or more each */
} fsq;

/* Codes there are: the product of the levels, which must fit an int. */
int fsq_codes(const fsq *f);

/* The row [n] that a code stands for. */
void fsq_row(const fsq *f, int32_t code, float *row);

/* What a value of a row needs to know of its levels. */
typedef struct fsq_channel {
    float half, off, shift; /* h, off, atanh(off/h) */
    int middle;             /* floor(L/2): also the digit of zero */
} fsq_channel;

fsq_channel fsq_channel_of(int levels);

/*
 * Rows [n, values] of z to where they lie among the levels before the rounding, in
 * place: the code whose row is nearest is the one that the rounding gives.
 */
void fsq_bound(const fsq *f, float *rows, size_t n);

#endif
