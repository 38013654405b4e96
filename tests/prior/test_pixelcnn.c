/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prior/small.h"

static void test_pixelcnn__public_sizes(void **state)
{
    (void)state;
    pixelcnn net;
    const prior_shape s = {.codes = 512,
                           .books = 1,
                           .classes = 10,
                           .width = 64,
                           .depth = 15,
                           .first = 7,
                           .kernel = 3,
                           .hidden = 512};
    pixelcnn_layout(&net, &s);
    assert_int_equal(net.p.n, 140);
    /* 1,841,472 with the masked taps of layer 0: a row of 7 and a column of 1 */
    assert_int_equal(pixelcnn_parameters(&net), 1841472 - 8 * 128 * 64);
    assert_string_equal(net.p.table[0].name, "embedding.weight");
    assert_string_equal(net.p.table[10].name, "layers.1.class_cond_embedding.weight");
    assert_string_equal(net.p.table[136].name, "output_conv.0.weight");
    assert_string_equal(net.p.table[139].name, "output_conv.2.bias");
}

/* Logits of every book at every position, from a training graph. */
static float *logits_of(small *s, size_t *count)
{
    int n_books = s->net.shape.books, k = s->net.shape.codes;
    size_t pixels = (size_t)(s->n * s->h * s->w);
    *count = pixels * (size_t)(n_books * k);
    float *all = malloc(*count * sizeof *all);
    assert_non_null(all);
    small_forward(s);
    for (int b = 0; b < n_books; b++)
        memcpy(all + pixels * (size_t)(b * k), run_y(&s->r, s->nodes.logits[b]),
               pixels * (size_t)k * sizeof *all);
    return all;
}

/* Place of a code in the order in which they are drawn. */
static int order(const small *s, int pixel, int book)
{
    return pixel * s->net.shape.books + book;
}

/* A changed code changes no logit that comes before it or is its own, bit for bit, and
 * changes every later one: its reach here is the whole grid. */
static void causality(prior_shape shape, int h, int w)
{
    small s;
    size_t count, k = (size_t)shape.codes;
    small_open(&s, shape, 1, h, w);
    float *before = logits_of(&s, &count);
    for (int pixel = 0; pixel < h * w; pixel++)
        for (int book = 0; book < shape.books; book++) {
            float *code = small_code(&s, 0, pixel, book);
            float kept = *code;
            *code = kept + 1 < (float)shape.codes ? kept + 1 : 0;
            float *after = logits_of(&s, &count);
            *code = kept;
            for (int p = 0; p < h * w; p++)
                for (int b = 0; b < shape.books; b++) {
                    size_t at = ((size_t)b * (size_t)(h * w) + (size_t)p) * k;
                    bool same = memcmp(before + at, after + at, k * sizeof *after) == 0;
                    bool later = order(&s, p, b) > order(&s, pixel, book);
                    if (same == later)
                        fail_msg("code %d.%d %s logits %d.%d", pixel, book,
                                 later ? "does not change" : "changes", p, b);
                }
            free(after);
        }
    free(before);
    small_close(&s);
}

static void test_pixelcnn__causal(void **state)
{
    (void)state;
    causality(small_shape(1, 3), 4, 4);
    causality(small_shape(1, 0), 3, 5);
    causality(small_shape(3, 2), 4, 2);
    causality(small_shape(1, 0), 1, 6);
    causality(small_shape(2, 0), 5, 1);
    prior_shape wide = small_shape(1, 2); /* enough for any kernel */
    wide.width = 16;
    causality(wide, 5, 5);
}

/* The checker objects to a mask that leaks: layer 0's own position. */
static void test_pixelcnn__leak_is_found(void **state)
{
    (void)state;
    small s;
    size_t count;
    prior_shape shape = small_shape(1, 0);
    small_open(&s, shape, 1, 3, 3);
    node *leaky = NULL;
    for (node *nd = s.g.nodes; nd < s.g.nodes + s.g.n_nodes && !leaky; nd++)
        if (nd->weight == s.net.layer[0].horizontal.weight)
            leaky = nd;
    leaky->attr.conv.shape.pad_x--;
    float *before = logits_of(&s, &count);
    *small_code(&s, 0, 4, 0) = *small_code(&s, 0, 4, 0) > 0 ? 0.0f : 1.0f;
    float *after = logits_of(&s, &count);
    size_t at = 4 * (size_t)shape.codes;
    assert_memory_not_equal(before + at, after + at,
                            (size_t)shape.codes * sizeof *after);
    free(before);
    free(after);
    small_close(&s);
}

/* The class matters at every position, and only the image's own. */
static void test_pixelcnn__class(void **state)
{
    (void)state;
    small s;
    size_t count;
    small_open(&s, small_shape(1, 3), 2, 3, 4);
    float *before = logits_of(&s, &count);
    for (int pixel = 0; pixel < 12; pixel++)
        *small_code(&s, 1, pixel, 1) = 2;
    float *after = logits_of(&s, &count);
    size_t half = count / 2;
    assert_memory_equal(before, after, half * sizeof *after);
    for (size_t i = half; i < count; i += (size_t)s.net.shape.codes)
        assert_true(before[i] != after[i]);
    free(before);
    free(after);
    small_close(&s);
}

/* A few steps of plain descent on one batch bring its loss down, so every parameter's
 * gradient points somewhere; each is checked alone by differences of the loss. */
static void test_pixelcnn__gradients(void **state)
{
    (void)state;
    for (int n_books = 1; n_books <= 2; n_books++) {
        small s;
        small_open(&s, small_shape(n_books, 3), 2, 3, 4);
        small_forward(&s);
        graph_backward(&s.r);
        for (int i = 0; i < s.net.p.n; i++) {
            const param *p = &s.net.p.table[i];
            size_t most = 0;
            for (size_t k = 0; k < p->count; k++)
                if (fabsf(s.grad[p->offset + k]) > fabsf(s.grad[p->offset + most]))
                    most = k;
            float *v = &s.net.p.value[p->offset + most], kept = *v;
            double want = (double)s.grad[p->offset + most], step = 0.001;
            *v = kept + (float)step;
            double up = small_loss(&s);
            *v = kept - (float)step;
            double down = small_loss(&s);
            *v = kept;
            double got = (up - down) / (2 * step);
            if (!(fabs(got - want) <= 0.03 * fabs(want) + 2e-3) || want == 0)
                fail_msg("%s: the loss changes by %g, the gradient says %g", p->name,
                         got, want);
        }
        small_close(&s);
    }
}

static void test_pixelcnn__draw(void **state)
{
    (void)state;
    pixelcnn a, b;
    vq_error err;
    prior_shape shape = small_shape(1, 3);
    assert_ok(pixelcnn_init(&a, &shape, &err), &err);
    assert_ok(pixelcnn_init(&b, &shape, &err), &err);
    pixelcnn_draw(&a, 5);
    pixelcnn_draw(&b, 5);
    assert_true(pixelcnn_fingerprint(&a) == pixelcnn_fingerprint(&b));
    pixelcnn_draw(&b, 6);
    assert_true(pixelcnn_fingerprint(&a) != pixelcnn_fingerprint(&b));
    const param *w = &a.p.table[a.layer[0].vertical.weight];
    int fans = 4 * 7 * (w->dims[0] + w->dims[1]);
    const float bound = sqrtf(6.0f / (float)fans);
    const float most = support_largest(a.p.value + w->offset, w->count);
    assert_true(most <= bound && most > 0.98f * bound);
    pixelcnn_release(&a);
    pixelcnn_release(&b);
}

static void test_pixelcnn__refuses(void **state)
{
    (void)state;
    static const struct {
        prior_shape s;
        const char *why;
    } bad[] = {
        {{0, 1, 0, 8, 2, 7, 3, 8}, "codes must be in"},
        {{9, 17, 0, 8, 2, 7, 3, 8}, "codes of a position must be in"},
        {{9, 1, -1, 8, 2, 7, 3, 8}, "classes must be in"},
        {{9, 1, 0, 0, 2, 7, 3, 8}, "width must be in"},
        {{9, 1, 0, 8, 25, 7, 3, 8}, "depth must be in"},
        {{9, 1, 0, 8, 2, 1, 3, 8}, "first kernel must be in"},
        {{9, 1, 0, 8, 2, 7, 17, 8}, "kernel must be in"},
        {{9, 1, 0, 8, 2, 7, 4, 8}, "must be odd, not 4"},
        {{9, 1, 0, 8, 2, 7, 3, 0}, "hidden channels must be in"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        vq_error err;
        assert_fails(prior_shape_check(&bad[i].s, &err), VQ_EUSAGE, &err, bad[i].why);
    }
    vq_error err;
    prior_shape largest = {9, 16, 10, 8, 24, 7, 3, 8};
    pixelcnn net;
    assert_ok(prior_shape_check(&largest, &err), &err);
    pixelcnn_layout(&net, &largest); /* asserts that there is room */
    graph *g = malloc(sizeof *g);
    pixelcnn_graph(&net, g, 2, 2, CONV_FASTEST, 0.5f);
    assert_ok(graph_plan(g, 1, GRAPH_TRAIN, &err), &err);
    free(g);
}

const struct CMUnitTest test_pixelcnn_suite[] = {
    cmocka_unit_test(test_pixelcnn__public_sizes),
    cmocka_unit_test(test_pixelcnn__causal),
    cmocka_unit_test(test_pixelcnn__leak_is_found),
    cmocka_unit_test(test_pixelcnn__class),
    cmocka_unit_test(test_pixelcnn__gradients),
    cmocka_unit_test(test_pixelcnn__draw),
    cmocka_unit_test(test_pixelcnn__refuses),
    {0},
};
