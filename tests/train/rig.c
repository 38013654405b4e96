/* SPDX-License-Identifier: MIT */
#include "train/rig.h"

#include <math.h>

#define SIDE RIG_SIDE
#define C 24 /* w1 spans several blocks of the reduction */

node *rig_build(net *t)
{
    int w0 = net_conv_weight(t, "w0", C, 3, 4, 4);
    int b0 = net_plain(t, "b0", PARAM_TRAINED, 1, C, 0);
    int w1 = net_conv_weight(t, "w1", C, C, 3, 3);
    int codes = net_plain(t, "codes", PARAM_DERIVED, 2, 16, C);
    int sum = net_plain(t, "sum", PARAM_STATISTIC, 2, 16, C);
    int count = net_plain(t, "count", PARAM_STATISTIC, 1, 16, 0);
    int w2 = net_conv_weight(t, "w2", C, 3, 4, 4);
    quantize_attr attr = {.ema = true,
                          .commitment_weight = 0.25f,
                          .codebook = codes,
                          .ema_sum = sum,
                          .ema_count = count};
    graph *g = &t->g;
    net_begin(t, false);
    node *x = net_input(t, SIDE, SIDE, 3, false);
    node *h = graph_conv(g, x, w0, b0, 2, 1);
    h = graph_add(g, graph_conv(g, graph_relu(g, h), w1, -1, 1, 1), h);
    h = graph_quantize(g, h, &attr);
    graph_mse(g, graph_conv_transposed(g, h, w2, -1, 2, 1), x, 2);
    net_ready(t, SHARD_IMAGES, GRAPH_TRAIN);
    return x;
}

vq_status rig_load(void *user, int first, int n, float *x, vq_error *err)
{
    const rig_source *s = user;
    if (first + n > s->fail_from)
        return vq_fail(err, VQ_EIO, "no image from %d to %d", first, first + n);
    for (int i = 0; i < n; i++)
        net_fill(x + i * SIDE * SIDE * 3, SIDE * SIDE * 3, 500 + (uint32_t)(first + i),
                 -1, 1);
    if (s->poison && first == 0)
        x[5 * SIDE * SIDE * 3] = NAN;
    return VQ_OK;
}

const rig_source rig_images = {.fail_from = 1 << 20};

void rig_open(rig *r, int batch, int threads)
{
    vq_error err;
    *r = (rig){0};
    r->x = rig_build(&r->t);
    assert_ok(stepper_init(&r->s, &r->t.g, &r->t.p, batch, threads, &err), &err);
}

void rig_close(rig *r)
{
    stepper_release(&r->s);
    net_release(&r->t);
}

vq_status rig_gradients(rig *r, const rig_source *images, vq_error *err)
{
    return stepper_gradients(&r->s, r->x, rig_load, (void *)images, r->loss, err);
}
