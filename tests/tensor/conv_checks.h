/*
 * SPDX-License-Identifier: MIT
 *
 * The proofs every convolution kernel must pass, as functions that give a verdict
 * instead of failing, so that a test can also assert that a wrong kernel is found out.
 */
#ifndef VQ_TESTS_CONV_CHECKS_H
#define VQ_TESTS_CONV_CHECKS_H

#include "support.h"

#include "tensor/conv.h"

typedef struct verdict {
    bool ok;
    double error;   /* largest seen, relative to the rms of what it should be */
    char text[256]; /* what went wrong first: both operands */
} verdict;

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

conv_shape shape_make(int k, int stride, int pad, int c, int oc, int h, int w);
uint32_t test_random(uint64_t *state, uint32_t below);
float test_uniform(uint64_t *state); /* in [-1, 1) */

void rig_init(rig *r, const conv_kernel *kernel, conv_shape s, int n, uint64_t seed);
void rig_release(rig *r);
void rig_pack(rig *r);
void rig_run(rig *r, int map, conv_out out);

/* Each map against a double loop, with bias and accumulate as given, guards intact. */
verdict check_maps(rig *r, conv_out out, double tolerance);
/* <conv(x), y> == <x, adjoint(y)> == <grad(x, y), w> */
verdict check_adjoint(rig *r, double tolerance);
/* conv of a single one is the weights, where they belong. */
verdict check_impulse(rig *r, double tolerance);
/* f(a p + b q) == a f(p) + b f(q) for the three maps. */
verdict check_linear(rig *r, double tolerance);
/* Bit for bit: n images at once are n times one image. */
verdict check_batch(rig *r);
/* Bit for bit: a pixel does not depend on the size of the image around it. */
verdict check_crop(rig *r);

#endif
