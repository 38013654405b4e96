/*
 * SPDX-License-Identifier: MIT
 *
 * The gradient check: every coordinate's derivative by central differences, summed in
 * double, against what backward says. Signed, and NaN is a failure. That it objects to
 * wrong ops is tested in test_gradcheck.c.
 */
#ifndef VQ_TESTS_AUTOGRAD_GRADCHECK_H
#define VQ_TESTS_AUTOGRAD_GRADCHECK_H

#include "net.h"

typedef struct gradcheck {
    double step; /* of the difference; forward is piecewise quadratic: can be large */
    double tol;  /* allowed error, relative to the largest derivative of the array */

    /* result */
    size_t checked, bad;
    char what[PARAM_NAME_MAX]; /* the first bad one */
    size_t index;
    double numeric, analytic;
} gradcheck;

/* A scalar as a function of the array under check. */
typedef double (*gradcheck_fn)(void *user);

/* Check grad [n] as the derivative of f with respect to x [n]; restores x. */
void gradcheck_array(gradcheck *c, const char *what, float *x, const float *grad,
                     size_t n, gradcheck_fn f, void *user);

/*
 * Check every trained parameter and every input that needs_dy. The function is the sum
 * of the losses, plus, when the last node is no loss, its y times random weights.
 */
void gradcheck_net(gradcheck *c, net *t);

/* Fail the test, with the first bad coordinate, unless all were good. */
void gradcheck_assert(const gradcheck *c);

/*
 * Faults for testing the check itself: write a wrong gradient over a right one, as the
 * i-th of GRADCHECK_FAULTS kinds would. Returns what it did.
 */
#define GRADCHECK_FAULTS 7
const char *gradcheck_fault(int i, float *grad, size_t n);

/* Fail the test unless a check with c's step and tol objects to grad with each fault.
 */
void gradcheck_objects(const gradcheck *c, const char *what, float *x,
                       const float *grad, size_t n, gradcheck_fn f, void *user);

#endif
