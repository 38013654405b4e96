/*
 * SPDX-License-Identifier: MIT
 *
 * The proofs every convolution kernel must pass, as functions that give a verdict
 * instead of failing, so that a test can also assert that a wrong kernel is found out.
 */
#ifndef VQ_TESTS_CONV_CHECKS_H
#define VQ_TESTS_CONV_CHECKS_H

#include "conv_rig.h"

typedef struct verdict {
    bool ok;
    double error;   /* largest seen, relative to the rms of what it should be */
    char text[256]; /* what went wrong first: both operands */
} verdict;

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
