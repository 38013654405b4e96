/*
 * SPDX-License-Identifier: MIT
 *
 * Tiny models of every kind whose codes can be refined, and what they make of pictures.
 */
#ifndef VQ_TESTS_CODEC_CODED_H
#define VQ_TESTS_CODEC_CODED_H

#include "codec/codec.h"
#include "network/network.h"

/* A kind of codebook, or of decoder, as settings of a tiny model. */
typedef struct kind {
    const char *preset, *name, *value, *name2, *value2;
} kind;

enum { KINDS = 13 };
extern const kind kinds[KINDS];

/* With random weights a decoder hardly moves with its codes, and rows all lie in the
 * middle of fsq's levels: not so here. Drop with network_drop. */
network *kind_make(const kind *k);

typedef struct coded {
    int32_t *index;
    size_t values;
    uint64_t *error; /* [n] of the decoded images' 8-bit pixels */
    int n;
} coded;

/* Encode with so many passes, decode and compare. tile: 0, or codes. */
coded code(const network *net, int passes, int tile, int threads,
           const unsigned char *rgb, int n, int height, int width);
void coded_drop(coded *r);
uint64_t coded_total(const coded *r);

/* [n,height,width,3], every image another; free(). */
unsigned char *coded_pictures(int n, int height, int width);

#endif
