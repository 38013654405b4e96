/*
 * SPDX-License-Identifier: MIT
 *
 * The VQ-VAE as parameters and graphs: encoder, quantizer, decoder (van den Oord et al.
 * 2017, arXiv:1711.00937, section 4.1, with the layer sizes of the usual
 * re-implementations).
 *   image [n,h,w,3] -> encoder -> z [n,h/s,w/s,D] -> quantizer -> codes -> decoder ->
 * image, s being config.downsample, 4 in those systems. Parameter names are PyTorch's
 * state_dict names: the mishalaskin code's where the first decoder layer is a
 * transposed convolution, the zalando notebook's where it is not. Tested in
 * tests/network/test_network.c.
 */
#ifndef VQ_NETWORK_NETWORK_H
#define VQ_NETWORK_NETWORK_H

#include "network/layers.h"
#include "network/quantizer.h"

/* The parameters of config's architecture: names, shapes and offsets, no memory yet. */
void network_layout(network *net, const vq_config *config);

/* Layout, then zeroed values. VQ_ENOMEM. */
vq_status network_init(network *net, const vq_config *config, vq_error *err);
void network_release(network *net);

/* Draw initial weights and codes from config.seed, as PyTorch's defaults do. */
void network_draw(network *net);

/* Codes along a side of that many pixels: the last one may stand for fewer. */
int network_codes(const network *net, int pixels);

/*
 * Codes around one whose pixels in the encoder, or whose code in the decoder, it
 * depends on: one for the strided layers together, however many, one for the 3x3 layer,
 * one for each residual block.
 */
int network_reach(const vq_config *config);

/* Trained values: everything but the statistics and, with EMA, the codebook. */
int64_t network_parameters(const network *net);

/* The nodes that callers fill or read. */
typedef struct network_nodes {
    node *input;    /* pixels [h,w,3], or codebook rows [h,w,D] for the decoder */
    node *quantize; /* NULL in the decoder */
    node *output;   /* pixels; NULL in the encoder */
    node *pixels;   /* what a decoder that is trained alone is compared with */
} network_nodes;

/*
 * Build (not plan) a graph: training with both losses on h x w images, the encoder up
 * to the codes of h x w images, the decoder from h x w codes. variance is of x/255.
 */
network_nodes network_train_graph(const network *net, graph *g, int h, int w,
                                  double variance);
network_nodes network_encoder_graph(const network *net, graph *g, int h, int w);
network_nodes network_decoder_graph(const network *net, graph *g, int h, int w);

/* The decoder alone, from the codes of h x w images, with the loss of their pixels. */
network_nodes network_decoder_train_graph(const network *net, graph *g, int h, int w,
                                          double variance);

/* From h x w images to the rows that the quantizer would see, as the output. */
network_nodes network_rows_graph(const network *net, graph *g, int h, int w);

/* The variance that divides the reconstruction loss, from that of x/255. */
double network_loss_variance(const vq_config *config, double variance);
/* The variance of the scaled input, from that of x/255. */
double network_input_variance(const vq_config *config, double variance);

/* Pixel byte to network input. */
float network_pixel_in(const vq_config *config, unsigned char pixel);

/* And back: to the scale of [0,1], not clamped; then clamped and rounded half up. */
static inline float network_unit_out(const vq_config *config, float y)
{
    return config->input_scale == VQ_SCALE_ONE ? y * 0.5f + 0.5f : y + 0.5f;
}

static inline unsigned char network_byte(float unit)
{
    float scaled = unit * 255.0f + 0.5f;
    scaled = scaled > 0 ? scaled : 0; /* NaN too */
    return (unsigned char)(scaled < 255.0f ? scaled : 255.0f);
}

#endif
