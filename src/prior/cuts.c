/* SPDX-License-Identifier: MIT */
#include "prior/cuts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tensor/exact.h"

#define ONE 0x1p30f /* the largest logit's weight */

vq_status cuts_check(const cuts *c, vq_error *err)
{
    if (!(c->temperature >= 0 && c->temperature <= 1000))
        return vq_fail(err, VQ_EUSAGE, "the temperature must be in [0, 1000], not %g",
                       c->temperature);
    if (c->top_k < 0)
        return vq_fail(err, VQ_EUSAGE, "top-k must be at least 0, not %d", c->top_k);
    if (!(c->top_p > 0 && c->top_p <= 1))
        return vq_fail(err, VQ_EUSAGE, "top-p must be in (0, 1], not %g", c->top_p);
    return VQ_OK;
}

size_t cuts_scratch(int k)
{
    return 2 * (size_t)k;
}

/* Orders as the float does, larger ones first; of equal ones the lower index first. */
static uint64_t rank(float x, int index)
{
    uint32_t bits;
    x = x == 0 ? 0 : x; /* -0 ties with 0 */
    memcpy(&bits, &x, sizeof bits);
    bits = bits >> 31 ? ~bits : bits | 0x80000000u;
    return (uint64_t)(x == x ? ~bits : 0xffffffffu) << 32 | (uint32_t)index;
}

static int by_rank(const void *a, const void *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* weight[i] = 2^30 exp((logit - largest) / temperature), rounded down */
static uint64_t weigh(const float *logits, int k, float most, float temperature,
                      uint64_t *weight)
{
    uint64_t sum = 0;
    for (int i = 0; i < k; i++) {
        float x = exact_exp((logits[i] - most) / temperature);
        weight[i] = x == x ? (uint64_t)(x * ONE) : 0;
        sum += weight[i];
    }
    return sum;
}

/* Take the weight from all but the first codes in order; the sum of what is left. */
static uint64_t cut(const cuts *c, const float *logits, int k, uint64_t sum,
                    uint64_t *weight, uint64_t *order)
{
    for (int i = 0; i < k; i++)
        order[i] = rank(logits[i], i);
    qsort(order, (size_t)k, sizeof *order, by_rank);
    int left = c->top_k > 0 && c->top_k < k ? c->top_k : k;
    for (int i = left; i < k; i++) {
        sum -= weight[order[i] & 0xffffffff];
        weight[order[i] & 0xffffffff] = 0;
    }
    uint64_t taken = 0;
    const double enough = c->top_p * (double)sum;
    for (int i = 0; i < left; i++) {
        uint64_t *w = &weight[order[i] & 0xffffffff];
        if (i > 0 && (double)taken >= enough)
            *w = 0;
        taken += *w;
    }
    return taken;
}

int cuts_draw(const cuts *c, const float *logits, int k, uint32_t coin,
              uint64_t *scratch)
{
    int best = 0;
    for (int i = 1; i < k; i++)
        if (logits[i] > logits[best] || logits[best] != logits[best])
            best = i;
    if (c->temperature == 0)
        return best;
    uint64_t *weight = scratch, *order = scratch + k;
    uint64_t sum = weigh(logits, k, logits[best], (float)c->temperature, weight);
    if ((c->top_k > 0 && c->top_k < k) || c->top_p < 1)
        sum = cut(c, logits, k, sum, weight, order);
    /* sum < 2^50: the coin's 2^32 steps in two parts */
    uint64_t target = (sum >> 32) * coin + ((sum & 0xffffffff) * (uint64_t)coin >> 32);
    for (int i = 0; i < k; i++) {
        if (target < weight[i])
            return i;
        target -= weight[i];
    }
    return best;
}
