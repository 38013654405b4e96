/* SPDX-License-Identifier: MIT */
#include "model/network_codebook.h"

#include <math.h>

void network_add_codebook(network *net, const codebook_names *names)
{
    const vq_config *c = &net->config;
    const int rows[4] = {c->codes, c->code_dim}, counts[4] = {c->codes};
    bool ema = c->codebook == VQ_CODEBOOK_EMA;
    net->codebook = network_add_param(net, names->codebook, 2, rows,
                                      ema ? PARAM_DERIVED : PARAM_TRAINED, true);
    net->ema_count =
        network_add_param(net, names->ema_count ? names->ema_count : "ema_count", 1,
                          counts, PARAM_STATISTIC, ema && names->ema_count);
    net->ema_sum = -1;
    if (ema)
        net->ema_sum =
            network_add_param(net, names->ema_sum ? names->ema_sum : "ema_sum", 2, rows,
                              PARAM_STATISTIC, names->ema_sum != NULL);
}

void network_draw_codebook(network *net)
{
    const vq_config *c = &net->config;
    if (c->code_init == VQ_INIT_NORMAL)
        network_draw_normal(net, net->codebook);
    else
        network_draw_uniform(net, net->codebook,
                             c->code_init == VQ_INIT_FAN_D ? sqrt(3.0 / c->code_dim)
                                                           : 1.0 / c->codes);
    /* zalando's sums start as noise of their own, sonnet's at zero */
    if (net->ema_sum >= 0 && c->ema_rule == VQ_EMA_SMOOTHED)
        network_draw_normal(net, net->ema_sum);
}

node *network_quantizer(const network *net, graph *g, node *z)
{
    const vq_config *c = &net->config;
    bool ema = c->codebook == VQ_CODEBOOK_EMA;
    bool on_commitment = c->beta_on == VQ_BETA_COMMITMENT;
    quantize_attr attr = {
        .ema = ema,
        .codebook_weight = ema             ? 0.0f
                           : on_commitment ? 1.0f
                                           : (float)c->beta,
        .commitment_weight = on_commitment ? (float)c->beta : 1.0f,
        .codebook = net->codebook,
        .ema_sum = net->ema_sum,
        .ema_count = net->ema_count,
    };
    return graph_quantize(g, z, &attr);
}
