/*
 * SPDX-License-Identifier: MIT
 *
 * Drawing codes from the prior: whole grids, or the rest of grids of which some codes
 * are given. A code is a function of the prior, the settings, the seed, its picture's
 * number and its place: neither threads nor the other pictures matter, nor the machine.
 * Tested in tests/prior/test_draw.c.
 */
#ifndef VQ_PRIOR_DRAW_H
#define VQ_PRIOR_DRAW_H

#include "prior/columns.h"
#include "prior/cuts.h"

typedef struct drawing {
    int n, h, w;
    const int *label; /* [n], each below the classes; unread in an unconditional one */
    const int32_t *given;      /* [n,h,w,books], or NULL */
    const unsigned char *keep; /* [h,w]: positions whose codes are given, or NULL */
    cuts cuts;
    uint64_t seed;
    int threads;
    bool (*stop)(void *user); /* asked now and then by workers; NULL: never */
    void *user;
} drawing;

/* Fill codes [n,h,w,books]. VQ_ENOMEM; VQ_ESTOPPED. */
vq_status prior_draw(const columns_net *cn, const drawing *d, int32_t *codes,
                     vq_error *err);

#endif
