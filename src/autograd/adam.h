/*
 * SPDX-License-Identifier: MIT
 *
 * Adam (Kingma & Ba 2015, arXiv:1412.6980) with PyTorch's formula and constants, with
 * or without AMSGrad (Reddi et al. 2018), and AdamW's decoupled weight decay
 * (Loshchilov & Hutter 2019, arXiv:1711.05101). Tested in tests/autograd/test_adam.c.
 */
#ifndef VQ_AUTOGRAD_ADAM_H
#define VQ_AUTOGRAD_ADAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

typedef struct adam {
    double lr, beta1, beta2, eps;
    double weight_decay; /* share of lr * value that a decaying value loses */
    double scale;        /* of every gradient: below 1 to clip */
    bool amsgrad;
    int64_t t;    /* updates done */
    float *m, *v; /* [size] moments */
    float *v_max; /* [size]; NULL without amsgrad */
    size_t size;
    arena memory;
} adam;

/* Defaults beta1 .9, beta2 .999, eps 1e-8, no decay, scale 1; zeroed moments for `size`
 * values. */
vq_status adam_init(adam *a, size_t size, double lr, bool amsgrad, vq_error *err);
void adam_release(adam *a);

/*
 * Move value[first, first + count) along its gradient, as update number a->t (the
 * caller advances t once per step before the first range). grad is indexed like value.
 * decays: weight_decay applies.
 */
void adam_update(const adam *a, size_t first, size_t count, bool decays, float *value,
                 const float *grad);

/*
 * The scale that brings a gradient of that norm down to `limit`; 1 where it is below.
 * PyTorch's clip_grad_norm_, with its constant: min(1, limit / (norm + 1e-6)).
 */
double adam_clip(double limit, double norm);

#endif
