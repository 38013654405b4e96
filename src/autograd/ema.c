/* SPDX-License-Identifier: MIT */
#include "autograd/ema.h"

#include <math.h>

#include "autograd/unit.h"
#include "base/status.h"

#define EPS 1e-5

/* average += (1 - decay) (now - average) */
static void decay_towards(double decay, const float *now, float *average, size_t n)
{
    float rest = (float)(1 - decay);
    for (size_t i = 0; i < n; i++)
        average[i] += rest * (now[i] - average[i]);
}

static double total_of(const float *n, int k)
{
    double total = 0;
    for (int i = 0; i < k; i++)
        total += (double)n[i];
    return total;
}

void ema_update(const ema_rule *rule, int64_t t, const float *count, const float *sum,
                float *n, float *m, float *codes)
{
    size_t k = (size_t)rule->k, d = (size_t)rule->d;
    decay_towards(rule->decay, count, n, k);
    decay_towards(rule->decay, sum, m, k * d);

    bool smoothed = rule->kind == VQ_EMA_SMOOTHED;
    double debias = smoothed ? 1 : 1 / (1 - pow(rule->decay, (double)t));
    double total = total_of(n, rule->k) * debias;
    double share = total / (total + (double)k * EPS);
    for (size_t i = 0; i < k; i++) {
        double rows = ((double)n[i] * debias + EPS) * share;
        float scale = (float)(debias / rows);
        if (rule->unit)
            unit_direction(m + i * d, codes + i * d, d);
        for (size_t j = 0; !rule->unit && j < d; j++)
            codes[i * d + j] = m[i * d + j] * scale;
        if (smoothed)
            n[i] = (float)rows;
    }
}
