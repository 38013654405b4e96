/*
 * SPDX-License-Identifier: MIT
 *
 * Codebook by exponential moving averages (van den Oord et al. 2017, appendix A.1).
 *   N[k] counts, M[k,d] sums of the rows assigned to each code, both decayed by gamma.
 * VQ_EMA_DEBIASED is sonnet's rule: N' = N/(1-gamma^t), M' likewise, and
 *   e_k = M'_k / ((N'_k + eps) / (sum N' + K eps) * sum N'), eps = 1e-5.
 * VQ_EMA_SMOOTHED is zalando's: no debiasing, and the smoothed counts are stored back.
 * Tested in tests/autograd/test_ema.c.
 */
#ifndef VQ_AUTOGRAD_EMA_H
#define VQ_AUTOGRAD_EMA_H

#include <stdbool.h>
#include <stdint.h>

typedef struct ema_rule {
    int kind;     /* VQ_EMA_DEBIASED or VQ_EMA_SMOOTHED */
    double decay; /* gamma */
    int k, d;
    bool unit; /* codes are the direction of M alone: e_k = M_k / |M_k| */
} ema_rule;

/*
 * One update, number t (1 for the first), from this batch's count [k] and sum [k,d].
 * Reads and writes n [k], m [k,d]; writes codes [k,d]. With unit a code whose sum has
 * no direction, as one that never had a row, stays as it was.
 */
void ema_update(const ema_rule *rule, int64_t t, const float *count, const float *sum,
                float *n, float *m, float *codes);

#endif
