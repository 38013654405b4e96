/* SPDX-License-Identifier: MIT */
#include "network/quantizer.h"

#include <math.h>

#include "autograd/unit.h"
#include "config/checks.h"
#include "tensor/gemm.h"

void network_add_codebook(network *net, const codebook_names *names)
{
    const vq_config *c = &net->config;
    const books b = network_books(c);
    /* one book is a plain [K,D], as other systems' files have it */
    const int dims[5] = {books_depth(&b), b.k, b.d}, skip = dims[0] == 1;
    const int *rows = dims + skip, *counts = rows;
    bool ema = c->codebook == VQ_CODEBOOK_EMA, simvq = c->codebook == VQ_CODEBOOK_SIMVQ;
    bool gradient = c->codebook == VQ_CODEBOOK_GRADIENT;
    net->codebook = network_add_param(net, names->codebook, 3 - skip, rows,
                                      gradient ? PARAM_TRAINED : PARAM_DERIVED, true);
    net->ema_count =
        network_add_param(net, names->ema_count ? names->ema_count : "ema_count",
                          2 - skip, counts, PARAM_STATISTIC, ema && names->ema_count);
    net->ema_sum = -1;
    if (ema)
        net->ema_sum =
            network_add_param(net, names->ema_sum ? names->ema_sum : "ema_sum",
                              3 - skip, rows, PARAM_STATISTIC, names->ema_sum != NULL);
    net->frozen = net->linear = -1;
    if (simvq) {
        const int square[4] = {b.d, b.d};
        net->frozen =
            network_add_param(net, names->frozen, 2, rows, PARAM_DERIVED, true);
        net->linear =
            network_add_param(net, names->linear, 2, square, PARAM_TRAINED, true);
    }
    net->usage = -1;
    if (c->revive > 0)
        net->usage = network_add_param(net, "code_usage", 2 - skip, counts,
                                       PARAM_STATISTIC, false);
}

books network_books(const vq_config *config)
{
    return (books){.levels = config->levels,
                   .heads = config->heads,
                   .k = config->codes,
                   .d = config->code_dim / config->heads};
}

int network_depth(const vq_config *config)
{
    return config->levels * config->heads;
}

void network_unit_codes(network *net)
{
    const books b = network_books(&net->config);
    float *e = net->p.value + net->p.table[net->codebook].offset;
    for (int k = 0; k < b.k; k++, e += b.d)
        unit_direction(e, e, (size_t)b.d);
}

void network_derive_codes(network *net)
{
    const books b = network_books(&net->config);
    const param *p = net->p.table;
    float *e = net->p.value + p[net->codebook].offset;
    fsq f;
    if (net->linear >= 0)
        gemm(e, b.d, mat_of(net->p.value + p[net->frozen].offset, b.k, b.d),
             mat_transposed(net->p.value + p[net->linear].offset, b.d, b.d), false);
    if (net->config.codebook == VQ_CODEBOOK_FSQ &&
        config_fsq(&net->config, &f, NULL) == VQ_OK)
        for (int32_t code = 0; code < b.k; code++)
            fsq_row(&f, code, e + (size_t)code * (size_t)b.d);
}

void network_draw_codebook(network *net)
{
    const vq_config *c = &net->config;
    int drawn = net->frozen >= 0 ? net->frozen : net->codebook;
    if (c->code_init == VQ_INIT_NORMAL)
        network_draw_normal(net, drawn);
    else
        network_draw_uniform(net, drawn,
                             c->code_init == VQ_INIT_FAN_D ? sqrt(3.0 / c->code_dim)
                                                           : 1.0 / c->codes);
    /* zalando's sums start as noise of their own, sonnet's at zero */
    if (net->ema_sum >= 0 && c->ema_rule == VQ_EMA_SMOOTHED)
        network_draw_normal(net, net->ema_sum);
    if (net->linear >= 0) /* as nn.Linear */
        network_draw_uniform(net, net->linear, 1 / sqrt(c->code_dim));
    network_derive_codes(net);
    if (c->cosine)
        network_unit_codes(net);
}

void network_bound_rows(const network *net, float *rows, size_t n)
{
    fsq f;
    if (net->config.codebook == VQ_CODEBOOK_FSQ &&
        config_fsq(&net->config, &f, NULL) == VQ_OK)
        fsq_bound(&f, rows, n);
}

node *network_quantizer_input(const network *net, graph *g, node *z)
{
    return net->config.cosine ? graph_normalize(g, z) : z;
}

node *network_quantizer(const network *net, graph *g, node *z)
{
    const vq_config *c = &net->config;
    bool ema = c->codebook == VQ_CODEBOOK_EMA;
    bool on_commitment = c->beta_on == VQ_BETA_COMMITMENT;
    fsq f;
    if (c->codebook == VQ_CODEBOOK_FSQ)
        return config_fsq(c, &f, NULL) == VQ_OK ? graph_fsq(g, z, &f, net->ema_count)
                                                : NULL;
    quantize_attr attr = {
        .b = network_books(c),
        .ema = ema,
        .rotation = c->rotation_trick,
        .codebook_weight = ema             ? 0.0f
                           : on_commitment ? 1.0f
                                           : (float)c->beta,
        .commitment_weight = on_commitment ? (float)c->beta : 1.0f,
        .codebook = net->codebook,
        .ema_sum = net->ema_sum,
        .ema_count = net->ema_count,
    };
    return graph_quantize(g, network_quantizer_input(net, g, z), &attr);
}
