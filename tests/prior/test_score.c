/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdlib.h>

#include "prior/score.h"
#include "prior/small.h"

enum { N = 19, H = 3, W = 4 };

typedef struct grids {
    int32_t codes[N][H * W * 2];
    int n_books;
} grids;

static const int32_t *grid_of(void *user, int64_t i, int *label)
{
    const grids *g = user;
    *label = (int)(i % 3);
    return g->codes[i];
}

static void make(grids *g, int n_books)
{
    g->n_books = n_books;
    for (int i = 0; i < N; i++)
        for (int k = 0; k < H * W * n_books; k++)
            g->codes[i][k] = (i * 5 + k * 3) % 11;
}

/* The mean of single grids' losses in a training graph; the same at any threads. */
static void test_score__means(void **state)
{
    (void)state;
    /* static: of one on the stack gcc 12.2 -march=native takes too much alignment */
    static grids g;
    for (int n_books = 1; n_books <= 2; n_books++) {
        small s;
        scorer sc;
        vq_error err;
        double nats = 0, hits = 0;
        make(&g, n_books);
        small_open(&s, small_shape(n_books, 3), 1, H, W);
        for (int i = 0; i < N; i++) {
            score_input(&s.net.shape, g.codes[i], i % 3, H * W, s.x);
            nats += small_loss(&s) / N;
            hits += s.r.loss[LOSS_HITS] / N;
        }
        score first = {0, 0};
        for (int threads = 1; threads <= 3; threads++) {
            assert_ok(score_open(&sc, &s.net, H, W, threads, &err), &err);
            score got = score_run(&sc, NULL, N, grid_of, &g);
            if (!(fabs(got.nats - nats) < 1e-5) || !(fabs(got.hits - hits) < 1e-9))
                fail_msg("%g nats, %g hits, want %g, %g", got.nats, got.hits, nats,
                         hits);
            if (threads == 1)
                first = got;
            assert_true(got.nats == first.nats && got.hits == first.hits);
            score_close(&sc);
        }
        small_close(&s);
    }
}

/* Values in the network's place, and back. */
static void test_score__other_values(void **state)
{
    (void)state;
    grids g;
    pixelcnn a, b;
    scorer sa, sb;
    vq_error err;
    make(&g, 1);
    small_net(&a, small_shape(1, 3), 3);
    small_net(&b, small_shape(1, 3), 4);
    assert_ok(score_open(&sa, &a, H, W, 1, &err), &err);
    assert_ok(score_open(&sb, &b, H, W, 1, &err), &err);
    score own = score_run(&sa, NULL, N, grid_of, &g);
    score other = score_run(&sb, NULL, N, grid_of, &g);
    assert_true(own.nats != other.nats);
    assert_true(score_run(&sa, b.p.value, N, grid_of, &g).nats == other.nats);
    assert_true(score_run(&sa, NULL, N, grid_of, &g).nats == own.nats);
    score_close(&sa);
    score_close(&sb);
    pixelcnn_release(&a);
    pixelcnn_release(&b);
}

static void test_score__failed_allocations(void **state)
{
    (void)state;
    pixelcnn net;
    scorer s;
    vq_error err;
    small_net(&net, small_shape(1, 0), 3);
    for (long at = 1; at <= 3; at++) {
        support_alloc_fail_at(at);
        assert_fails(score_open(&s, &net, H, W, 1, &err), VQ_ENOMEM, &err, "");
    }
    support_alloc_fail_at(0);
    pixelcnn_release(&net);
}

const struct CMUnitTest test_score_suite[] = {
    cmocka_unit_test(test_score__means),
    cmocka_unit_test(test_score__other_values),
    cmocka_unit_test(test_score__failed_allocations),
    {0},
};
