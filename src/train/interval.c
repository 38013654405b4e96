/* SPDX-License-Identifier: MIT */
#include "train/interval.h"

#include <math.h>

#include "network/network.h"

double interval_nmse(const vq_config *config, double variance, double recon,
                     double square)
{
    if (config->loss == VQ_LOSS_L1)
        return square / network_input_variance(config, variance);
    return recon * network_loss_variance(config, variance) /
           network_input_variance(config, variance);
}

int interval_figures(const interval *now, const vq_config *config, double variance,
                     double lr, int64_t steps, vq_figure *figure)
{
    const double n = steps > 0 ? (double)steps : 1;
    vq_figure *f = figure;
    double all = 0, part[LOSS_PARTS];
    for (int i = 0; i < LOSS_PARTS; i++)
        all += part[i] = now->loss[i] / n;
    *f++ = (vq_figure){"loss", all};
    *f++ = (vq_figure){"recon", part[LOSS_RECON]};
    *f++ = (vq_figure){"codebook", part[LOSS_CODEBOOK]};
    *f++ = (vq_figure){"commitment", part[LOSS_COMMITMENT]};
    *f++ = (vq_figure){
        "nmse", interval_nmse(config, variance, part[LOSS_RECON], now->square / n)};
    *f++ = (vq_figure){"perplexity", now->perplexity / n};
    *f++ = (vq_figure){"lr", lr};
    if (config->clip > 0)
        *f++ = (vq_figure){"grad_norm", now->grad_norm / n};
    *f++ = (vq_figure){"revived", (double)now->revived};
    return (int)(f - figure);
}

static double count_codes(const vq_config *config, const float *count, double *usage)
{
    const int depth = network_depth(config), k = config->codes;
    double mean = 0;
    for (int book = 0; book < depth; book++, count += k, usage += k) {
        double total = 0, entropy = 0;
        for (int i = 0; i < k; i++)
            total += (double)count[i];
        for (int i = 0; i < k; i++) {
            double p = (double)count[i] / total;
            usage[i] += (double)count[i];
            entropy -= p > 0 ? p * log(p) : 0;
        }
        mean += exp(entropy) / depth;
    }
    return mean;
}

double interval_add(interval *now, const vq_config *config, const double *loss,
                    const stepper *step, const float *count, double *usage)
{
    const double perplexity = count_codes(config, count, usage);
    now->perplexity += perplexity;
    for (int i = 0; i < LOSS_PARTS; i++)
        now->loss[i] += loss[i];
    now->square += step->square;
    now->grad_norm += step->norm;
    return perplexity;
}
