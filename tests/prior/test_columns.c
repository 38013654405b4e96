/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prior/columns.h"
#include "prior/small.h"

/* Logits [n,h,w,books,K] of known codes [n,h,w,books], column by column. */
static void run_columns(const pixelcnn *net, int n, int h, int w, const int32_t *codes,
                        const int *label, float *logits)
{
    columns_net cn;
    columns c;
    vq_error err;
    const prior_shape *s = &net->shape;
    size_t k = (size_t)s->codes, picture = (size_t)(h * w * s->books);
    assert_ok(columns_net_init(&cn, net, &err), &err);
    assert_ok(columns_init(&c, &cn, n, h, w, &err), &err);
    columns_begin(&c, n, label);
    for (int row = 0; row < h; row++) {
        columns_row(&c, row);
        for (int column = 0; column < w; column++) {
            columns_position(&c, column);
            for (int b = 0; b < s->books; b++) {
                size_t at = (size_t)((row * w + column) * s->books + b);
                const float *now = columns_logits(&c, b);
                for (int i = 0; i < n; i++)
                    memcpy(logits + ((size_t)i * picture + at) * k, now + (size_t)i * k,
                           k * sizeof *logits);
                columns_put(&c, b, codes + at, picture);
            }
        }
    }
    columns_release(&c);
    columns_net_release(&cn);
}

/* The whole graph's logits are the columns', but for rounding. */
static void against_graph(prior_shape shape, int n, int h, int w)
{
    small s;
    small_open(&s, shape, n, h, w);
    size_t k = (size_t)shape.codes, codes_n = (size_t)(n * h * w * shape.books);
    int32_t *codes = malloc(codes_n * sizeof *codes);
    int label[8] = {0};
    float *got = malloc(codes_n * k * sizeof *got);
    assert_true(codes && got);
    for (int i = 0; i < n; i++) {
        for (int p = 0; p < h * w; p++)
            for (int b = 0; b < shape.books; b++)
                codes[(i * h * w + p) * shape.books + b] =
                    (int32_t)*small_code(&s, i, p, b);
        if (shape.classes > 0)
            label[i] = (int)*small_code(&s, i, 0, shape.books);
    }
    run_columns(&s.net, n, h, w, codes, label, got);
    small_forward(&s);
    for (int p = 0; p < n * h * w; p++)
        for (int b = 0; b < shape.books; b++)
            assert_close(got + (size_t)(p * shape.books + b) * k,
                         run_y(&s.r, s.nodes.logits[b]) + (size_t)p * k, k, 1e-4, 1e-4);
    free(codes);
    free(got);
    small_close(&s);
}

static void test_columns__equal_the_graph(void **state)
{
    (void)state;
    against_graph(small_shape(1, 3), 3, 4, 5);
    against_graph(small_shape(1, 0), 1, 7, 2);
    against_graph(small_shape(3, 2), 2, 3, 4);
    against_graph(small_shape(1, 0), 2, 1, 9);
    against_graph(small_shape(2, 0), 2, 9, 1);
    prior_shape shape = small_shape(1, 2);
    shape.kernel = 5;
    shape.first = 3;
    shape.depth = 2;
    against_graph(shape, 2, 6, 6);
    shape.depth = 1;
    against_graph(shape, 2, 3, 3);
}

/* Bit for bit: at every instruction set, alone or beside others. */
static void test_columns__same_bits(void **state)
{
    (void)state;
    enum { N = 5, H = 3, W = 4, K = 11, PICTURE = H * W * 2 };
    pixelcnn net;
    int32_t codes[N * PICTURE];
    const int label[N] = {0, 1, 2, 1, 0};
    static float first[N * PICTURE * K], again[N * PICTURE * K];
    small_net(&net, small_shape(2, 3), 4);
    for (int i = 0; i < N * PICTURE; i++)
        codes[i] = (i * 7 + i / 5) % K;
    const char *before = getenv("VQVAE_SIMD");
    char *kept = before ? strdup(before) : NULL;
    for (int set = 0; simd_at(set); set++) {
        setenv("VQVAE_SIMD", simd_at(set)->name, 1);
        run_columns(&net, N, H, W, codes, label, set == 0 ? first : again);
        if (set > 0)
            assert_memory_equal(first, again, sizeof first);
        for (int i = 0; i < N; i++)
            run_columns(&net, 1, H, W, codes + i * PICTURE, label + i,
                        again + (size_t)i * PICTURE * K);
        assert_memory_equal(first, again, sizeof first);
    }
    if (kept)
        setenv("VQVAE_SIMD", kept, 1);
    else
        unsetenv("VQVAE_SIMD");
    free(kept);
    pixelcnn_release(&net);
}

static void test_columns__failed_allocations(void **state)
{
    (void)state;
    pixelcnn net;
    columns_net cn;
    columns c;
    vq_error err;
    small_net(&net, small_shape(1, 0), 4);
    support_alloc_fail_at(1);
    assert_fails(columns_net_init(&cn, &net, &err), VQ_ENOMEM, &err, "");
    assert_ok(columns_net_init(&cn, &net, &err), &err);
    support_alloc_fail_at(1);
    assert_fails(columns_init(&c, &cn, 2, 3, 3, &err), VQ_ENOMEM, &err, "");
    support_alloc_fail_at(0);
    columns_release(&c);
    columns_net_release(&cn);
    pixelcnn_release(&net);
}

const struct CMUnitTest test_columns_suite[] = {
    cmocka_unit_test(test_columns__equal_the_graph),
    cmocka_unit_test(test_columns__same_bits),
    cmocka_unit_test(test_columns__failed_allocations),
    {0},
};
