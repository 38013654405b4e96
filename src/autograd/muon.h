/*
 * SPDX-License-Identifier: MIT
 *
 * Muon: momentum whose matrices are made orthogonal before they move the weights. A
 * hidden convolution is the matrix [in kh kw, out] that it multiplies patches by; of
 * its gradient few directions are large, and Adam, which scales numbers one by one,
 * hardly moves along the others.
 *
 *   m += (1 - .95) (g - m)         u = g + .95 (m - g)
 *   o = the orthogonal factor of u's polar decomposition, nearly: its singular values
 *       are .85 to 1.12, those that were under .003 of the norm + 1e-7 less
 *   value = (1 - lr weight_decay) value - lr .2 sqrt(max(rows, columns)) o
 *
 * The last factor gives an update the root mean square that Adam's have, so that one
 * learning rate serves both. m lies where Adam has its first moment.
 *
 * o comes from five steps X <- aX + bXX'X + cXX'XX'X, on the Gram matrix R = X'X, which
 * is smaller: every product but the first and the last is of symmetric matrices that
 * commute, and half of it is enough.
 *
 * Source: Jordan et al. 2024, github.com/KellerJordan/Muon; a, b and c of Amsel et al.
 * 2025, arXiv:2505.16932, algorithm 1; the factor of Liu et al. 2025, arXiv:2502.16982.
 * Tested in tests/autograd/test_muon.c.
 */
#ifndef VQ_AUTOGRAD_MUON_H
#define VQ_AUTOGRAD_MUON_H

#include "autograd/adam.h"
#include "autograd/params.h"

typedef struct muon {
    const params *p;      /* borrowed */
    int item[PARAMS_MAX]; /* the parameters that are `hidden`, the largest first */
    int n;
    size_t each; /* floats of a worker's scratch */
    float *room; /* [workers, each] */
    arena memory;
} muon;

/* For that many workers. VQ_ENOMEM; release is legal then, and on a zeroed one. */
vq_status muon_init(muon *mu, const params *p, int workers, vq_error *err);
void muon_release(muon *mu);

/*
 * Move the i-th of mu's parameters along its gradient: value and grad are indexed like
 * those of adam_update, as are a's moments, rate, decay and scale. Allocates nothing.
 */
void muon_update(const muon *mu, int i, int worker, const adam *a, float *value,
                 const float *grad);

#endif
