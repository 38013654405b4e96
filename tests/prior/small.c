/* SPDX-License-Identifier: MIT */
#include "prior/small.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "support.h"

prior_shape small_shape(int n_books, int classes)
{
    return (prior_shape){.codes = 11,
                         .books = n_books,
                         .classes = classes,
                         .width = 6,
                         .depth = 3,
                         .first = 7,
                         .kernel = 3,
                         .hidden = 10};
}

void small_net(pixelcnn *net, prior_shape shape, uint64_t seed)
{
    vq_error err;
    assert_ok(pixelcnn_init(net, &shape, &err), &err);
    pixelcnn_draw(net, seed);
    rng r = rng_make(seed, RNG_WEIGHTS, 9999);
    for (int i = 0; i < net->p.n; i++)
        for (size_t k = 0; k < net->p.table[i].count && net->p.table[i].rank == 1; k++)
            net->p.value[net->p.table[i].offset + k] = rng_uniform(&r, -0.3f, 0.3f);
}

void small_overflow(pixelcnn *net)
{
    for (size_t i = 0; i < net->p.size; i++)
        net->p.value[i] = 3e38f;
}

static float *floats(size_t n)
{
    float *v = aligned_alloc(ARENA_ALIGN, arena_round((n ? n : 1) * sizeof *v));
    assert_non_null(v);
    memset(v, 0, n * sizeof *v);
    return v;
}

void small_open(small *s, prior_shape shape, int n, int h, int w)
{
    vq_error err;
    *s = (small){.n = n, .h = h, .w = w};
    small_net(&s->net, shape, 3);
    s->nodes = pixelcnn_graph(&s->net, &s->g, h, w, CONV_LOCAL, 0);
    assert_ok(graph_plan(&s->g, n, GRAPH_TRAIN, &err), &err);
    assert_ok(run_init(&s->r, &s->g, &err), &err);
    s->packed = floats(s->g.packed_floats);
    s->grad = floats(s->net.p.size);
    s->x = floats((size_t)(n * h * w * pixelcnn_channels(&shape)));
    s->r.n = n;
    s->r.scale = 1 / (float)n;
    s->r.packed = s->packed;
    s->r.grad = s->grad;
    rng r = rng_make(11, RNG_SHAPES, 0);
    for (int i = 0; i < n; i++)
        for (int pixel = 0; pixel < h * w; pixel++) {
            for (int b = 0; b < shape.books; b++)
                *small_code(s, i, pixel, b) =
                    (float)rng_below(&r, (uint32_t)shape.codes);
            if (shape.classes > 0)
                *small_code(s, i, pixel, shape.books) = (float)(i % shape.classes);
        }
}

void small_close(small *s)
{
    run_release(&s->r);
    pixelcnn_release(&s->net);
    free(s->packed);
    free(s->grad);
    free(s->x);
}

float *small_code(small *s, int image, int pixel, int channel)
{
    return s->x +
           (size_t)(image * s->h * s->w + pixel) *
               (size_t)pixelcnn_channels(&s->net.shape) +
           channel;
}

void small_forward(small *s)
{
    memcpy(run_y(&s->r, s->nodes.input), s->x,
           run_count(&s->r, s->nodes.input) * sizeof *s->x);
    memset(s->r.loss, 0, sizeof s->r.loss);
    graph_pack(&s->g, 0, s->g.n_nodes, s->packed);
    graph_forward(&s->r);
}

double small_loss(small *s)
{
    small_forward(s);
    return s->r.loss[LOSS_NATS];
}
