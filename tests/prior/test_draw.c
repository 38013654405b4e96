/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "prior/draw.h"
#include "prior/small.h"

/* The prior_draw of a network. */
static void draw(const pixelcnn *net, drawing d, int32_t *codes)
{
    columns_net cn;
    vq_error err;
    assert_ok(columns_net_init(&cn, net, &err), &err);
    assert_ok(prior_draw(&cn, &d, codes, &err), &err);
    columns_net_release(&cn);
}

/* The public way: a pass over whole grids for each code. */
static void draw_naively(small *s, const drawing *d, int32_t *codes)
{
    const int n_books = s->net.shape.books, k = s->net.shape.codes;
    uint64_t scratch[64];
    for (int at = 0; at < s->h * s->w * n_books; at++) {
        int pixel = at / n_books, b = at % n_books;
        small_forward(s);
        for (int i = 0; i < s->n; i++) {
            const float *logits = run_y(&s->r, s->nodes.logits[b]) +
                                  (size_t)(i * s->h * s->w + pixel) * (size_t)k;
            rng r = rng_make(d->seed, RNG_PRIOR, (uint32_t)i);
            r.position = (uint64_t)at;
            size_t to = (size_t)(i * s->h * s->w * n_books + at);
            codes[to] = d->keep && d->keep[pixel]
                            ? d->given[to]
                            : cuts_draw(&d->cuts, logits, k, rng_u32(&r), scratch);
            *small_code(s, i, pixel, b) = (float)codes[to];
        }
    }
}

static void against_naive(prior_shape shape, int h, int w, cuts c, bool keeps)
{
    enum { N = 3 };
    small s;
    const size_t count = (size_t)(N * h * w * shape.books);
    int32_t *want = malloc(count * sizeof *want), *got = malloc(count * sizeof *got);
    int32_t *given = malloc(count * sizeof *given);
    unsigned char keep[64];
    const int label[N] = {0, 1, 2};
    assert_true(want && got && given);
    for (size_t i = 0; i < count; i++)
        given[i] = (int32_t)(i % (size_t)shape.codes);
    for (int i = 0; i < h * w; i++)
        keep[i] = i % 3 != 1;
    small_open(&s, shape, N, h, w);
    drawing d = {.n = N, .h = h, .w = w, .label = label, .cuts = c, .seed = 5};
    d.given = keeps ? given : NULL;
    d.keep = keeps ? keep : NULL;
    draw_naively(&s, &d, want);
    draw(&s.net, d, got);
    assert_memory_equal(got, want, count * sizeof *got);
    for (size_t i = 0; i < count && keeps; i++)
        if (keep[i / (size_t)shape.books % (size_t)(h * w)])
            assert_int_equal(got[i], given[i]);
    small_close(&s);
    free(want);
    free(got);
    free(given);
}

static void test_draw__equals_naive(void **state)
{
    (void)state;
    const cuts plain = {.temperature = 1, .top_p = 1};
    const cuts sharp = {.temperature = 0.8, .top_k = 5, .top_p = 0.9};
    against_naive(small_shape(1, 3), 4, 6, plain, false);
    against_naive(small_shape(1, 0), 6, 3, sharp, false);
    against_naive(small_shape(3, 3), 3, 4, sharp, false);
    against_naive(small_shape(2, 3), 4, 4, plain, true);
    against_naive(small_shape(1, 0), 1, 7, sharp, true);
}

/* The same codes at any number of threads, and whatever else is drawn beside. */
static void test_draw__threads_and_company(void **state)
{
    (void)state;
    enum { N = 70, H = 3, W = 4 };
    pixelcnn net;
    static int32_t one[N * H * W], many[N * H * W];
    int label[N];
    for (int i = 0; i < N; i++)
        label[i] = i % 3;
    small_net(&net, small_shape(1, 3), 8);
    drawing d = {.n = N,
                 .h = H,
                 .w = W,
                 .label = label,
                 .cuts = {.temperature = 1, .top_p = 1},
                 .seed = 5,
                 .threads = 1};
    draw(&net, d, one);
    for (d.threads = 2; d.threads <= 5; d.threads++) {
        draw(&net, d, many);
        assert_memory_equal(one, many, sizeof one);
    }
    d.n = 7;
    memset(many, 0, sizeof many);
    draw(&net, d, many);
    assert_memory_equal(one, many, 7 * H * W * sizeof *one);
    d.seed = 6;
    draw(&net, d, many);
    assert_memory_not_equal(one, many, 7 * H * W * sizeof *one);
    pixelcnn_release(&net);
}

/* Known codes: every machine draws these. */
static void test_draw__known_codes(void **state)
{
    (void)state;
    pixelcnn net;
    int32_t codes[2 * 12];
    const int label[2] = {1, 2};
    const int32_t known[2 * 12] = {9, 4, 10, 10, 4, 10, 7, 0, 7, 2, 3, 7,
                                   1, 8, 7,  7,  1, 2,  3, 3, 6, 8, 9, 0};
    small_net(&net, small_shape(1, 3), 8);
    drawing d = {.n = 2,
                 .h = 3,
                 .w = 4,
                 .label = label,
                 .cuts = {.temperature = 1, .top_p = 0.95},
                 .seed = 1};
    draw(&net, d, codes);
    assert_memory_equal(codes, known, sizeof known);
    pixelcnn_release(&net);
}

static bool stop_at_once(void *user)
{
    (void)user;
    return true;
}

static void test_draw__stops_and_fails(void **state)
{
    (void)state;
    pixelcnn net;
    columns_net cn;
    int32_t codes[2 * 12];
    vq_error err;
    small_net(&net, small_shape(1, 0), 8);
    assert_ok(columns_net_init(&cn, &net, &err), &err);
    drawing d = {.n = 2,
                 .h = 3,
                 .w = 4,
                 .cuts = {.temperature = 1, .top_p = 1},
                 .threads = 1,
                 .stop = stop_at_once};
    assert_fails(prior_draw(&cn, &d, codes, &err), VQ_ESTOPPED, &err, "stopped");
    d.stop = NULL;
    for (long at = 1; at <= 3; at++) {
        support_alloc_fail_at(at);
        assert_fails(prior_draw(&cn, &d, codes, &err), VQ_ENOMEM, &err, "");
    }
    support_alloc_fail_at(0);
    assert_ok(prior_draw(&cn, &d, codes, &err), &err);
    columns_net_release(&cn);
    pixelcnn_release(&net);
}

static void test_draw__overflow(void **state)
{
    (void)state;
    pixelcnn net;
    columns_net cn;
    int32_t codes[5 * 12];
    vq_error err;
    small_net(&net, small_shape(1, 0), 8);
    small_overflow(&net);
    assert_ok(columns_net_init(&cn, &net, &err), &err);
    const drawing d = {
        .n = 5, .h = 3, .w = 4, .cuts = {.temperature = 1, .top_p = 1}, .threads = 2};
    assert_fails(prior_draw(&cn, &d, codes, &err), VQ_EINPUT, &err, "gives infinities");
    columns_net_release(&cn);
    pixelcnn_release(&net);
}

const struct CMUnitTest test_draw_suite[] = {
    cmocka_unit_test(test_draw__equals_naive),
    cmocka_unit_test(test_draw__threads_and_company),
    cmocka_unit_test(test_draw__known_codes),
    cmocka_unit_test(test_draw__stops_and_fails),
    cmocka_unit_test(test_draw__overflow),
    {0},
};
