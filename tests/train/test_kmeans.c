/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "autograd/net.h"
#include "train/kmeans.h"

#define N 3000
#define K 6
#define D 3

typedef struct clusters {
    float rows[N * D], codes[K * D], count[K];
    int32_t index[N];
    kmeans km;
} clusters;

static clusters *make(float spread)
{
    clusters *c = calloc(1, sizeof *c);
    net_fill(c->rows, N * D, 1, -spread, spread);
    for (int i = 0; i < N; i++) /* K corners of a cube of side 2 */
        for (int j = 0; j < D; j++)
            c->rows[i * D + j] += (i % K) >> j & 1 ? 1 : -1;
    c->km = (kmeans){.rows = c->rows,
                     .n = N,
                     .k = K,
                     .d = D,
                     .iterations = KMEANS_ITERATIONS,
                     .threads = 1,
                     .codes = c->codes,
                     .index = c->index,
                     .count = c->count};
    return c;
}

static double distance(const clusters *c)
{
    double sum = 0;
    for (int i = 0; i < N * D; i++) {
        double d = (double)(c->rows[i] - c->codes[c->index[i / D] * D + i % D]);
        sum += d * d;
    }
    return sum / N;
}

static void run_seed(clusters *c, uint64_t seed)
{
    vq_error err;
    rng r = rng_make(seed, RNG_KMEANS, 0);
    assert_ok(kmeans_run(&c->km, &r, &err), &err);
}

/* Every round lowers the distance; the index and the counts are those of the codes. */
static void test_kmeans__descends(void **state)
{
    (void)state;
    clusters *c = make(1.5f);
    double before = (double)INFINITY;
    for (int rounds = 0; rounds < 12; rounds++) {
        c->km.iterations = rounds;
        run_seed(c, 3);
        double now = distance(c), total = 0;
        assert_true(now < before || (rounds > 6 && now <= before));
        before = now;
        for (int k = 0; k < K; k++)
            total += (double)c->count[k];
        assert_true(total == N);
    }
    /* a fixed point: each code is the mean of its rows, up to the last round's change
     */
    c->km.iterations = 60;
    run_seed(c, 3);
    double mean[K * D] = {0};
    for (int i = 0; i < N * D; i++)
        mean[c->index[i / D] * D + i % D] += (double)c->rows[i];
    for (int i = 0; i < K * D; i++)
        assert_true(fabs(mean[i] / (double)c->count[i / D] - (double)c->codes[i]) <
                    1e-4);
    free(c);
}

static void test_kmeans__same_at_any_threads(void **state)
{
    (void)state;
    clusters *one = make(1.5f), *many = make(1.5f);
    run_seed(one, 1);
    for (int threads = 2; threads <= 4; threads++) {
        many->km.threads = threads;
        run_seed(many, 1);
        assert_memory_equal(one->codes, many->codes, sizeof one->codes);
        assert_memory_equal(one->index, many->index, sizeof one->index);
    }
    run_seed(many, 2);
    assert_memory_not_equal(one->codes, many->codes, sizeof one->codes);
    free(one);
    free(many);
}

static void test_kmeans__unit(void **state)
{
    (void)state;
    clusters *c = make(0.3f);
    for (int i = 0; i < N; i++) {
        float *row = c->rows + i * D;
        float length = sqrtf(row[0] * row[0] + row[1] * row[1] + row[2] * row[2]);
        for (int j = 0; j < D; j++)
            row[j] /= length;
    }
    c->km.unit = true;
    run_seed(c, 1);
    for (int k = 0; k < K; k++) {
        const float *e = c->codes + k * D;
        assert_true(fabsf(e[0] * e[0] + e[1] * e[1] + e[2] * e[2] - 1) < 1e-5f);
    }
    free(c);
}

/* Fewer rows than codes: they repeat, and the first of equals takes the row. */
static void test_kmeans__few_rows(void **state)
{
    (void)state;
    clusters *c = make(0.5f);
    c->km.n = 4;
    run_seed(c, 1);
    for (int i = 0; i < 4; i++)
        assert_close(c->codes + c->index[i] * D, c->rows + i * D, D, 0, 0);
    assert_true(c->count[4] == 0 && c->count[5] == 0);
    free(c);
}

static void test_kmeans__draw(void **state)
{
    (void)state;
    int32_t pick[40];
    rng r = rng_make(5, RNG_REVIVE, 9);
    for (uint32_t n = 0; n <= 40; n += 8) {
        bool seen[40] = {0};
        kmeans_draw(&r, pick, n, 40);
        for (uint32_t i = 0; i < 40; i++) {
            assert_in_range(pick[i], 0, 39);
            assert_false(seen[pick[i]]);
            seen[pick[i]] = true;
        }
    }
}

static void test_kmeans__memory(void **state)
{
    (void)state;
    vq_error err;
    clusters *c = make(1);
    for (int at = 1; at <= 2; at++) {
        rng r = rng_make(1, RNG_KMEANS, 0);
        support_alloc_fail_at(at);
        assert_fails(kmeans_run(&c->km, &r, &err), VQ_ENOMEM, &err, "out of memory");
        support_alloc_fail_at(0);
    }
    free(c);
}

const struct CMUnitTest test_kmeans_suite[] = {
    cmocka_unit_test(test_kmeans__descends),
    cmocka_unit_test(test_kmeans__same_at_any_threads),
    cmocka_unit_test(test_kmeans__unit),
    cmocka_unit_test(test_kmeans__few_rows),
    cmocka_unit_test(test_kmeans__draw),
    cmocka_unit_test(test_kmeans__memory),
    {0},
};
