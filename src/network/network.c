/* SPDX-License-Identifier: MIT */
#include "network/network.h"

#include <math.h>
#include <stdio.h>

/*
 * state_dict names of the two public systems, which have two stages of stride 2. With
 * one or three the layers after them get the numbers that the same code would give
 * them: mishalaskin counts the places of a Sequential, where every second one is a
 * ReLU, and zalando counts convolutions.
 *   encoder stage i, and the 3x3 layer as the last i   <encoder><first + step i>
 *   decoder stage i                                    <up><up_first + step i>
 *   a residual weight   <stack><block number><block><1 or 3>.weight
 * and mishalaskin's encoder has its residual stack in the Sequential too.
 */
typedef struct naming {
    const char *encoder, *up;
    int first, up_first, step;
    const char *encoder_res; /* NULL: <encoder><the place after the 3x3 layer>.stack. */
    const char *pre_quantize;
    codebook_names quantizer;
    const char *decoder_first, *decoder_res, *block;
} naming;

static const naming mishalaskin_names = {
    .encoder = "encoder.conv_stack.",
    .up = "decoder.inverse_conv_stack.",
    .first = 0,
    .up_first = 2,
    .step = 2,
    .pre_quantize = "pre_quantization_conv",
    .quantizer = {.codebook = "vector_quantization.embedding.weight",
                  .frozen = "vector_quantization.frozen.weight",
                  .linear = "vector_quantization.linear.weight"},
    .decoder_first = "decoder.inverse_conv_stack.0",
    .decoder_res = "decoder.inverse_conv_stack.1.stack.",
    .block = ".res_block.",
};

static const naming zalando_names = {
    .encoder = "_encoder._conv_",
    .up = "_decoder._conv_trans_",
    .first = 1,
    .up_first = 1,
    .step = 1,
    .encoder_res = "_encoder._residual_stack._layers.",
    .pre_quantize = "_pre_vq_conv",
    .quantizer = {.codebook = "_vq_vae._embedding.weight",
                  .ema_count = "_vq_vae._ema_cluster_size",
                  .ema_sum = "_vq_vae._ema_w",
                  .frozen = "_vq_vae._frozen.weight",
                  .linear = "_vq_vae._linear.weight"},
    .decoder_first = "_decoder._conv_1",
    .decoder_res = "_decoder._residual_stack._layers.",
    .block = "._block.",
};

/* ---- parameters ---------------------------------------------------------------------
 */

/* Channels of the image after that many stages: 3, h/2, h, h; with one stage 3, h. */
static int channels_after(const network *net, int stages)
{
    int h = net->config.hidden;
    return stages == 0 ? 3 : stages == 1 && net->stages > 1 ? h / 2 : h;
}

static layer add_numbered(network *net, const char *name, int number, int oc, int c,
                          int k, int n_bias)
{
    char full[PARAM_NAME_MAX];
    snprintf(full, sizeof full, "%s%d", name, number);
    return network_add_conv(net, full, oc, c, k, n_bias);
}

static void add_encoder(network *net, const naming *names)
{
    char stack[PARAM_NAME_MAX];
    int h = net->config.hidden, number = names->first;
    for (int i = 0; i < net->stages; i++, number += names->step) {
        int from = channels_after(net, i), to = channels_after(net, i + 1);
        net->down[i] = add_numbered(net, names->encoder, number, to, from, 4, to);
    }
    net->encoder_last = add_numbered(net, names->encoder, number, h, h, 3, h);
    snprintf(stack, sizeof stack, "%s%d.stack.", names->encoder, number + 1);
    network_add_res_stack(net, &net->encoder_res,
                          names->encoder_res ? names->encoder_res : stack,
                          names->block);
}

static void add_ups(network *net, const naming *names)
{
    for (int i = 0; i < net->stages; i++) {
        int from = channels_after(net, net->stages - i);
        int to = channels_after(net, net->stages - i - 1);
        net->up[i] = add_numbered(net, names->up, names->up_first + i * names->step,
                                  from, to, 4, to);
    }
}

/* Every convolution but the one that reads the image and the one that makes it. */
static void mark_hidden(network *net)
{
    for (int i = 0; i < net->p.n; i++)
        net->p.table[i].hidden = net->p.table[i].layout == PARAM_CONV &&
                                 i != net->down[0].weight &&
                                 i != net->up[net->stages - 1].weight;
}

void network_layout(network *net, const vq_config *config)
{
    *net = (network){.config = *config};
    const vq_config *c = &net->config;
    bool convt = c->decoder_first == VQ_DECODER_CONVT;
    const naming *names = convt ? &mishalaskin_names : &zalando_names;
    int h = c->hidden;
    for (int scale = c->downsample; scale > 1; scale /= 2)
        net->stages++;
    add_encoder(net, names);
    net->pre_quantize =
        network_add_conv(net, names->pre_quantize, c->code_dim, h, 1, c->code_dim);
    network_add_codebook(net, &names->quantizer);
    if (convt)
        net->decoder_first =
            network_add_conv(net, names->decoder_first, c->code_dim, h, 3, h);
    else
        net->decoder_first =
            network_add_conv(net, names->decoder_first, h, c->code_dim, 3, h);
    network_add_res_stack(net, &net->decoder_res, names->decoder_res, names->block);
    add_ups(net, names);
    mark_hidden(net);
}

vq_status network_init(network *net, const vq_config *config, vq_error *err)
{
    network_layout(net, config);
    return params_allocate(&net->p, err);
}

void network_release(network *net)
{
    params_release(&net->p);
}

int network_codes(const network *net, int pixels)
{
    int scale = net->config.downsample;
    return pixels / scale + (pixels % scale != 0);
}

int network_reach(const vq_config *config)
{
    return config->res_layers + 2;
}

int64_t network_parameters(const network *net)
{
    int64_t n = 0;
    for (int i = 0; i < net->p.n; i++)
        if (net->p.table[i].role != PARAM_STATISTIC && i != net->frozen &&
            !(i == net->codebook && net->config.codebook == VQ_CODEBOOK_FSQ))
            n += (int64_t)net->p.table[i].count;
    return n;
}

/* ---- initial values -----------------------------------------------------------------
 */

void network_draw(network *net)
{
    double bound = 0;
    for (int i = 0; i < net->p.n; i++) {
        const param *p = &net->p.table[i];
        /* PyTorch's fan-in, for both kinds of convolution: all but the first dimension;
         * a bias follows its weight and shares its bound */
        if (p->layout == PARAM_CONV)
            bound = 1 / sqrt((double)p->dims[1] * p->dims[2] * p->dims[3]);
        if (p->layout == PARAM_CONV || (p->rank == 1 && p->role == PARAM_TRAINED))
            network_draw_uniform(net, i, bound);
    }
    network_draw_codebook(net);
}

/* ---- graphs -------------------------------------------------------------------------
 */

static node *encoder(const network *net, graph *g, node *x)
{
    for (int i = 0; i < net->stages; i++) {
        x = graph_conv(g, x, net->down[i].weight, net->down[i].bias, 2, 1);
        x = graph_relu(g, x);
    }
    x = graph_conv(g, x, net->encoder_last.weight, net->encoder_last.bias, 1, 1);
    x = network_residual(net, g, &net->encoder_res, x);
    return graph_conv(g, x, net->pre_quantize.weight, net->pre_quantize.bias, 1, 0);
}

static node *decoder(const network *net, graph *g, node *x)
{
    layer first = net->decoder_first;
    if (net->config.decoder_first == VQ_DECODER_CONVT)
        x = graph_conv_transposed(g, x, first.weight, first.bias, 1, 1);
    else
        x = graph_conv(g, x, first.weight, first.bias, 1, 1);
    x = network_residual(net, g, &net->decoder_res, x);
    for (int i = 0; i < net->stages; i++) {
        if (i > 0)
            x = graph_relu(g, x);
        x = graph_conv_transposed(g, x, net->up[i].weight, net->up[i].bias, 2, 1);
    }
    return x;
}

static void begin(const network *net, graph *g)
{
    graph_init(g, &net->p, net->config.kernels == VQ_KERNELS_REFERENCE);
}

/* Codes and pictures are computed in floats, whatever a model was trained in. */
static void begin_training(const network *net, graph *g)
{
    begin(net, g);
    if (net->config.precision == VQ_BF16 && net->config.kernels == VQ_KERNELS_AUTO)
        g->kernels = CONV_BF16;
}

static void reconstruction(const network *net, graph *g, node *y, node *x,
                           double variance)
{
    double v = network_loss_variance(&net->config, variance);
    if (net->config.loss == VQ_LOSS_L1)
        graph_l1(g, y, x, (float)(1 / sqrt(v)));
    else
        graph_mse(g, y, x, (float)(1 / v));
}

network_nodes network_train_graph(const network *net, graph *g, int h, int w,
                                  double variance)
{
    network_nodes nodes = {0};
    begin_training(net, g);
    nodes.input = graph_input(g, h, w, 3);
    nodes.quantize = network_quantizer(net, g, encoder(net, g, nodes.input));
    nodes.output = decoder(net, g, nodes.quantize);
    reconstruction(net, g, nodes.output, nodes.input, variance);
    return nodes;
}

network_nodes network_decoder_train_graph(const network *net, graph *g, int h, int w,
                                          double variance)
{
    network_nodes nodes = {0};
    begin_training(net, g);
    nodes.pixels = graph_input(g, h, w, 3);
    nodes.input = graph_input(g, network_codes(net, h), network_codes(net, w),
                              net->config.code_dim);
    nodes.output = decoder(net, g, nodes.input);
    reconstruction(net, g, nodes.output, nodes.pixels, variance);
    return nodes;
}

network_nodes network_encoder_graph(const network *net, graph *g, int h, int w)
{
    network_nodes nodes = {0};
    begin(net, g);
    nodes.input = graph_input(g, h, w, 3);
    nodes.quantize = network_quantizer(net, g, encoder(net, g, nodes.input));
    return nodes;
}

network_nodes network_rows_graph(const network *net, graph *g, int h, int w)
{
    network_nodes nodes = {0};
    begin(net, g);
    nodes.input = graph_input(g, h, w, 3);
    nodes.output = network_quantizer_input(net, g, encoder(net, g, nodes.input));
    return nodes;
}

network_nodes network_decoder_graph(const network *net, graph *g, int h, int w)
{
    network_nodes nodes = {0};
    begin(net, g);
    nodes.input = graph_input(g, h, w, net->config.code_dim);
    nodes.output = decoder(net, g, nodes.input);
    return nodes;
}

/* ---- scales -------------------------------------------------------------------------
 */

double network_input_variance(const vq_config *config, double variance)
{
    return config->input_scale == VQ_SCALE_ONE ? 4 * variance : variance;
}

double network_loss_variance(const vq_config *config, double variance)
{
    return config->recon_variance == VQ_VARIANCE_UNIT
               ? variance
               : network_input_variance(config, variance);
}

float network_pixel_in(const vq_config *config, unsigned char pixel)
{
    float unit = (float)pixel / 255.0f;
    return config->input_scale == VQ_SCALE_ONE ? (unit - 0.5f) / 0.5f : unit - 0.5f;
}
