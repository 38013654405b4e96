/*
 * SPDX-License-Identifier: MIT
 *
 * What a convolution kernel is run on in tests: a geometry, and buffers of random
 * numbers with guards between them.
 */
#ifndef VQ_TESTS_CONV_RIG_H
#define VQ_TESTS_CONV_RIG_H

#include "support.h"

#include "tensor/conv.h"

enum { MAP_APPLY, MAP_ADJOINT, MAP_GRAD, MAPS };

/* A kernel, a geometry, and guarded buffers of random numbers to run it on. */
typedef struct rig {
    const conv_kernel *kernel;
    conv_shape s;
    int n;
    size_t n_x, n_y, n_w;
    float *x, *y, *w, *bias; /* inputs; bias has max(c, oc) entries */
    float *out[MAPS];        /* results: n_y, n_x and n_w floats */
    float *packed[2];        /* of apply and of adjoint */
    float *scratch;
    float *memory; /* owned; everything above lies in it */
    size_t total;
} rig;

/* A square kernel on an image of h x w. */
conv_shape shape_make(int k, int stride, int pad, int c, int oc, int h, int w);

void rig_init(rig *r, const conv_kernel *kernel, conv_shape s, int n, uint64_t seed);
void rig_release(rig *r);
void rig_pack(rig *r);
void rig_run(rig *r, int map, conv_out out);

/* n numbers in [-1, 1), and n times NaN, so that a read before a write shows. */
void rig_fill(uint64_t *state, float *v, size_t n);
void rig_poison(float *v, size_t n);

/* Floats of a map's result. */
size_t rig_count(const rig *r, int map);

/* The gaps between buffers still hold what rig_init put there. */
bool rig_guards_intact(const rig *r);

#endif
