/* SPDX-License-Identifier: MIT */
#include "network/network.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "network/network_codebook.h"

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

int network_add_param(network *net, const char *name, int rank, const int dims[4],
                      param_role role, bool saved)
{
    param spec = {.rank = rank,
                  .layout = rank == 4 ? PARAM_CONV : PARAM_PLAIN,
                  .role = role,
                  .saved = saved};
    snprintf(spec.name, sizeof spec.name, "%s", name);
    memcpy(spec.dims, dims, sizeof spec.dims);
    int id = params_add(&net->p, &spec);
    if (saved) {
        file_tensor *t = &net->tensor[net->n_tensors++];
        snprintf(t->name, sizeof t->name, "%s", name);
        t->param = id;
    }
    return id;
}

/* "name.weight" (oc,c,k,k) and "name.bias" of `n_bias` values. */
static layer add_conv(network *net, const char *name, int oc, int c, int k, int n_bias)
{
    char full[PARAM_NAME_MAX];
    layer l;
    snprintf(full, sizeof full, "%s.weight", name);
    l.weight =
        network_add_param(net, full, 4, (int[4]){oc, c, k, k}, PARAM_TRAINED, true);
    snprintf(full, sizeof full, "%s.bias", name);
    l.bias = network_add_param(net, full, 1, (int[4]){n_bias}, PARAM_TRAINED, true);
    return l;
}

static void add_res_stack(network *net, res_stack *stack, const char *prefix,
                          const char *block)
{
    const vq_config *c = &net->config;
    const int dims3[4] = {c->res_hidden, c->hidden, 3, 3};
    const int dims1[4] = {c->hidden, c->res_hidden, 1, 1};
    char name[PARAM_NAME_MAX];
    for (int i = 0; i < c->res_layers; i++)
        for (int part = 1; part <= 3; part += 2) {
            layer *l = part == 1 ? &stack->conv3[i] : &stack->conv1[i];
            l->bias = -1;
            snprintf(name, sizeof name, "%s%d%s%d.weight", prefix, i, block, part);
            if (i > 0 && c->tie_residual) {
                l->weight = (part == 1 ? stack->conv3 : stack->conv1)[0].weight;
                file_tensor *t = &net->tensor[net->n_tensors++];
                snprintf(t->name, sizeof t->name, "%s", name);
                t->param = l->weight;
            } else {
                l->weight = network_add_param(net, name, 4, part == 1 ? dims3 : dims1,
                                              PARAM_TRAINED, true);
            }
        }
}

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
    return add_conv(net, full, oc, c, k, n_bias);
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
    add_res_stack(net, &net->encoder_res,
                  names->encoder_res ? names->encoder_res : stack, names->block);
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
        add_conv(net, names->pre_quantize, c->code_dim, h, 1, c->code_dim);
    network_add_codebook(net, &names->quantizer);
    if (convt)
        net->decoder_first = add_conv(net, names->decoder_first, c->code_dim, h, 3, h);
    else
        net->decoder_first = add_conv(net, names->decoder_first, h, c->code_dim, 3, h);
    add_res_stack(net, &net->decoder_res, names->decoder_res, names->block);
    add_ups(net, names);
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

/* In file order, so that the values do not depend on our layout. */
void network_draw_uniform(network *net, int id, double bound)
{
    const param *p = &net->p.table[id];
    rng r = rng_make(net->config.seed, RNG_WEIGHTS, (uint32_t)id);
    float *flat = net->p.value + p->offset;
    int oc = p->dims[0], c = p->dims[1], area = p->dims[2] * p->dims[3];
    if (p->layout == PARAM_PLAIN)
        oc = 1, c = (int)p->count, area = 1;
    for (int o = 0; o < oc; o++)
        for (int i = 0; i < c; i++)
            for (int a = 0; a < area; a++)
                flat[((size_t)a * c + i) * oc + o] =
                    rng_uniform(&r, (float)-bound, (float)bound);
}

void network_draw_normal(network *net, int id)
{
    const param *p = &net->p.table[id];
    rng r = rng_make(net->config.seed, RNG_WEIGHTS, (uint32_t)id);
    for (size_t i = 0; i < p->count; i++)
        net->p.value[p->offset + i] = rng_normal(&r);
}

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

/* Blocks of ReLU, conv3, ReLU, conv1 plus skip, and a last ReLU. */
static node *residual(const network *net, graph *g, const res_stack *stack, node *x)
{
    for (int i = 0; i < net->config.res_layers; i++) {
        node *a = graph_relu(g, x);
        node *skip = net->config.residual_skip == VQ_SKIP_RELU ? a : x;
        node *b = graph_conv(g, a, stack->conv3[i].weight, -1, 1, 1);
        b = graph_conv(g, graph_relu(g, b), stack->conv1[i].weight, -1, 1, 0);
        x = graph_add(g, b, skip);
    }
    return graph_relu(g, x);
}

static node *encoder(const network *net, graph *g, node *x)
{
    for (int i = 0; i < net->stages; i++) {
        x = graph_conv(g, x, net->down[i].weight, net->down[i].bias, 2, 1);
        x = graph_relu(g, x);
    }
    x = graph_conv(g, x, net->encoder_last.weight, net->encoder_last.bias, 1, 1);
    x = residual(net, g, &net->encoder_res, x);
    return graph_conv(g, x, net->pre_quantize.weight, net->pre_quantize.bias, 1, 0);
}

static node *decoder(const network *net, graph *g, node *x)
{
    layer first = net->decoder_first;
    if (net->config.decoder_first == VQ_DECODER_CONVT)
        x = graph_conv_transposed(g, x, first.weight, first.bias, 1, 1);
    else
        x = graph_conv(g, x, first.weight, first.bias, 1, 1);
    x = residual(net, g, &net->decoder_res, x);
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

network_nodes network_train_graph(const network *net, graph *g, int h, int w,
                                  double variance)
{
    network_nodes nodes = {0};
    begin(net, g);
    nodes.input = graph_input(g, h, w, 3);
    nodes.quantize = network_quantizer(net, g, encoder(net, g, nodes.input));
    nodes.output = decoder(net, g, nodes.quantize);
    double v = network_loss_variance(&net->config, variance);
    if (net->config.loss == VQ_LOSS_L1)
        graph_l1(g, nodes.output, nodes.input, (float)(1 / sqrt(v)));
    else
        graph_mse(g, nodes.output, nodes.input, (float)(1 / v));
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

float network_unit_out(const vq_config *config, float y)
{
    return config->input_scale == VQ_SCALE_ONE ? y * 0.5f + 0.5f : y + 0.5f;
}

unsigned char network_byte(float unit)
{
    float scaled = unit * 255.0f + 0.5f;
    if (!(scaled > 0)) /* NaN too */
        return 0;
    return scaled < 256.0f ? (unsigned char)scaled : 255;
}
