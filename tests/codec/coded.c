/* SPDX-License-Identifier: MIT */
#include "codec/coded.h"

#include <stdlib.h>
#include <string.h>

#include "image/metrics.h"
#include "network/drawn.h"
#include "support.h"
#include "tiny.h"

const kind kinds[KINDS] = {
    {"sonnet", .name = NULL},
    {"sonnet", "codebook", "gradient", .name2 = NULL},
    {"sonnet", "codebook", "simvq", .name2 = NULL},
    {"sonnet", "codebook", "fsq", "fsq-levels", "4,3,3"},
    {"sonnet", "cosine", "yes", .name2 = NULL},
    {"sonnet", "levels", "3", .name2 = NULL},
    {"sonnet", "heads", "2", .name2 = NULL},
    {"sonnet", "levels", "2", "heads", "2"},
    {"sonnet", "code-dim", "2", .name2 = NULL},
    {"sonnet", "downsample", "2", .name2 = NULL},
    {"sonnet", "downsample", "8", .name2 = NULL},
    {"mishalaskin", .name = NULL},
    {"sonnet", "kernels", "reference", .name2 = NULL},
};

static void enlarge(network *net, int parameter, float factor)
{
    const param *p = &net->p.table[parameter];
    for (size_t i = 0; i < p->count; i++)
        net->p.value[p->offset + i] *= factor;
}

network *kind_make(const kind *k)
{
    vq_config c = tiny_config(k->preset);
    vq_error err;
    if (k->name2)
        assert_ok(vq_config_set(&c, k->name2, k->value2, &err), &err);
    network *net = network_drawn(c, k->name, k->value);
    enlarge(net, net->up[net->stages - 1].weight, 8);
    if (net->config.codebook == VQ_CODEBOOK_FSQ)
        enlarge(net, net->pre_quantize.weight, 8);
    return net;
}

coded code(const network *net, int passes, int tile, int threads,
           const unsigned char *rgb, int n, int height, int width)
{
    codec c;
    vq_error err;
    const int h = network_codes(net, height), w = network_codes(net, width);
    const int scale = net->config.downsample;
    coded r = {.n = n};
    r.values = (size_t)n * h * w * (size_t)network_depth(&net->config);
    r.index = malloc(r.values * sizeof *r.index);
    r.error = calloc((size_t)n, sizeof *r.error);
    unsigned char *made = malloc((size_t)n * h * w * scale * scale * 3);
    assert_ok(codec_init(&c, net, threads, tile, &err), &err);
    c.passes = passes;
    assert_ok(codec_encode(&c, rgb, n, height, width, r.index, &err), &err);
    codec_codes_view v = {.index = r.index, .n = n, .h = h, .w = w, .row1 = h};
    assert_ok(codec_decode(&c, v, made, NULL, &err), &err);
    for (int i = 0; i < n; i++)
        for (int y = 0; y < height; y++)
            r.error[i] += squared_error(
                rgb + ((size_t)i * height + y) * width * 3,
                made + ((size_t)i * h * scale + y) * w * scale * 3, (size_t)width * 3);
    free(made);
    codec_release(&c);
    return r;
}

void coded_drop(coded *r)
{
    free(r->index);
    free(r->error);
}

uint64_t coded_total(const coded *r)
{
    uint64_t sum = 0;
    for (int i = 0; i < r->n; i++)
        sum += r->error[i];
    return sum;
}

unsigned char *coded_pictures(int n, int height, int width)
{
    const size_t bytes = (size_t)height * width * 3;
    unsigned char *all = malloc(n * bytes);
    assert_non_null(all);
    for (int i = 0; i < n; i++) {
        unsigned char *one = tiny_picture(width, height, i);
        memcpy(all + i * bytes, one, bytes);
        free(one);
    }
    return all;
}
