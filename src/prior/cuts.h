/*
 * SPDX-License-Identifier: MIT
 *
 * Drawing a code from logits: divided by the temperature, then cut to the K largest
 * (top-k), then to the fewest whose chances add up to P (top-p). Chances are whole
 * numbers, so a draw is the same on every machine. Tested in tests/prior/test_cuts.c.
 */
#ifndef VQ_PRIOR_CUTS_H
#define VQ_PRIOR_CUTS_H

#include "base/status.h"

typedef struct cuts {
    double temperature; /* at least 0; 0: the largest logit, always */
    int top_k;          /* 0: all */
    double top_p;       /* in (0, 1]; 1: all */
} cuts;

/* VQ_EUSAGE: a value out of range. */
vq_status cuts_check(const cuts *c, vq_error *err);

/* What a draw needs to remember, for k codes: cuts_scratch(k) words. */
size_t cuts_scratch(int k);

/*
 * The code that a coin, 32 random bits, picks among k logits. Ties go to the lower
 * index. Logits that are not numbers are treated as the lowest.
 */
int cuts_draw(const cuts *c, const float *logits, int k, uint32_t coin,
              uint64_t *scratch);

#endif
