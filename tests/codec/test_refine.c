/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/coded.h"
#include "codec/descent.h"
#include "codec/model.h"
#include "image/metrics.h"
#include "network/drawn.h"
#include "tiny.h"

/* Of every image, with every kind of codes; and nearly all together are better. */
static void test_refine__never_worse(void **state)
{
    (void)state;
    enum { N = 5, H = 29, W = 35 };
    int gained = 0;
    unsigned char *rgb = coded_pictures(N, H, W);
    for (int k = 0; k < KINDS; k++) {
        network *net = kind_make(&kinds[k]);
        coded plain = code(net, 0, 0, 1, rgb, N, H, W);
        for (int passes = 1; passes <= 6; passes += 5) {
            coded refined = code(net, passes, 0, 1, rgb, N, H, W);
            for (int i = 0; i < N; i++)
                if (refined.error[i] > plain.error[i])
                    fail_msg("%s %s %s: image %d from %llu to %llu", kinds[k].preset,
                             kinds[k].name, kinds[k].value, i,
                             (unsigned long long)plain.error[i],
                             (unsigned long long)refined.error[i]);
            for (size_t i = 0; i < refined.values; i++)
                assert_in_range(refined.index[i], 0, net->config.codes - 1);
            gained += passes > 1 && coded_total(&refined) < coded_total(&plain);
            coded_drop(&refined);
        }
        coded_drop(&plain);
        network_drop(net);
    }
    assert_true(gained >= KINDS - 2);
    free(rgb);
}

/* The model in the box, which has learned, gains at each of these. */
static void test_refine__of_the_box(void **state)
{
    (void)state;
    vq_error err;
    vq_model *m;
    unsigned char *rgb = coded_pictures(2, 32, 32);
    assert_ok(vq_model_open(&m, "data/cifar10.safetensors", &err), &err);
    coded before = code(&m->net, 0, 0, 1, rgb, 2, 32, 32);
    for (int passes = 1; passes <= 16; passes *= 4) {
        coded after = code(&m->net, passes, 0, 1, rgb, 2, 32, 32);
        if (!(coded_total(&after) < coded_total(&before)))
            fail_msg("%d passes: from %llu to %llu", passes,
                     (unsigned long long)coded_total(&before),
                     (unsigned long long)coded_total(&after));
        coded_drop(&before);
        before = after;
    }
    coded_drop(&before);
    vq_model_close(m);
    free(rgb);
}

/* Small images: alone or with others, on one thread or three. */
static void test_refine__batch_is_one_by_one(void **state)
{
    (void)state;
    enum { N = 19 };
    unsigned char *rgb = coded_pictures(N, 32, 32);
    for (int k = 0; k < KINDS; k++) {
        network *net = kind_make(&kinds[k]);
        coded all = code(net, 4, 0, 3, rgb, N, 32, 32);
        const size_t values = all.values / N;
        for (int i = 0; i < N; i += 3) {
            coded one = code(net, 4, 0, 1, rgb + (size_t)i * 32 * 32 * 3, 1, 32, 32);
            assert_memory_equal(one.index, all.index + i * values,
                                values * sizeof *one.index);
            coded_drop(&one);
        }
        coded_drop(&all);
        network_drop(net);
    }
    free(rgb);
}

/* A large picture in tiles: never worse, whoever runs them, and hardly worse than in
 * one piece. */
static void test_refine__tiles(void **state)
{
    (void)state;
    double gain = 0, most = 0;
    for (int k = 0; k < KINDS; k++) {
        network *net = kind_make(&kinds[k]);
        const int h = 37 * net->config.downsample - 1;
        const int w = 52 * net->config.downsample - 2;
        unsigned char *rgb = tiny_picture(w, h, 3);
        coded plain = code(net, 0, 16, 1, rgb, 1, h, w);
        coded tiled = code(net, 6, 16, 1, rgb, 1, h, w);
        coded threads = code(net, 6, 16, 4, rgb, 1, h, w);
        coded whole = code(net, 6, 64, 1, rgb, 1, h, w);
        assert_memory_equal(tiled.index, threads.index,
                            tiled.values * sizeof *tiled.index);
        if (coded_total(&tiled) > coded_total(&plain))
            fail_msg("%s %s %s: from %llu to %llu", kinds[k].preset, kinds[k].name,
                     kinds[k].value, (unsigned long long)coded_total(&plain),
                     (unsigned long long)coded_total(&tiled));
        gain += 1 - (double)coded_total(&tiled) / (double)coded_total(&plain);
        most += 1 - (double)coded_total(&whole) / (double)coded_total(&plain);
        coded_drop(&plain);
        coded_drop(&tiled);
        coded_drop(&threads);
        coded_drop(&whole);
        free(rgb);
        network_drop(net);
    }
    if (!(gain > 0.8 * most))
        fail_msg("%g gained in tiles, %g as a whole", gain, most);
}

/* What a tile's descent thinks it gains is what the picture gains: it compares every
 * pixel that its codes reach, as decoding the whole gives them. */
static void test_refine__tile_sees_what_it_changes(void **state)
{
    (void)state;
    enum { H = 96, W = 80, CODES = H * W / 16 };
    int changed = 0;
    for (int k = 0; k < 6; k++) {
        network *net = kind_make(&kinds[k % 2]);
        net->config.res_layers = k / 2; /* of two */
        unsigned char *rgb = tiny_picture(W, H, 3), made[H * W * 3];
        codec c;
        vq_error err;
        assert_ok(codec_init(&c, net, 1, 64, &err), &err);
        int32_t index[CODES];
        assert_ok(codec_encode(&c, rgb, 1, H, W, index, &err), &err);
        assert_ok(codec_workers_probe(&c.workers, &err), &err);
        uint64_t error[2], best[2];
        for (int after = 0; after < 2; after++) {
            const int halo = (2 * network_reach(&net->config) + 3) / 4 * 4;
            refinement r = {.workers = &c.workers, .passes = 8 * after, .rgb = rgb};
            r.all = (windows){.n = 1, .h = H / 4, .w = W / 4, .halo = halo};
            r.height = H;
            r.width = W;
            r.index = index;
            descent d;
            window v = {.n = 1, .y = {8, 12, 0, 0}, .x = {4, 12, 0, 0}};
            v = window_widened(&r.all, v, halo);
            assert_ok(descent_init(&d, &r, c.workers.each, &v, &err), &err);
            assert_ok(descent_run(&d, &err), &err);
            best[after] = d.best[0];
            codec_codes_view all = {index, 1, H / 4, W / 4, 0, H / 4};
            assert_ok(codec_decode(&c, all, made, NULL, &err), &err);
            error[after] = squared_error(rgb, made, sizeof made);
        }
        assert_true(best[0] < error[0]);
        assert_true(best[1] <= best[0]);
        assert_int_equal(error[0] - error[1], best[0] - best[1]);
        changed += best[1] < best[0];
        codec_release(&c);
        free(rgb);
        network_drop(net);
    }
    assert_true(changed >= 3);
}

/* Memory for two tiles is memory for all. */
static void test_refine__memory_is_bounded(void **state)
{
    (void)state;
    network *net = kind_make(&kinds[0]);
    size_t floats[2], room[2];
    for (int i = 0; i < 2; i++) {
        codec c;
        vq_error err;
        const int side = i ? 700 : 300;
        unsigned char *rgb = tiny_picture(side, side, 3);
        int32_t *index = malloc((size_t)side * side * sizeof *index);
        assert_non_null(index);
        assert_ok(codec_init(&c, net, 1, 16, &err), &err);
        c.passes = 1;
        assert_ok(codec_encode(&c, rgb, 1, side, side, index, &err), &err);
        floats[i] = c.workers.each[0].capacity;
        room[i] = c.workers.each[0].room.size;
        codec_release(&c);
        free(index);
        free(rgb);
    }
    assert_int_equal(floats[0], floats[1]);
    assert_int_equal(room[0], room[1]);
    network_drop(net);
}

/* Once there is memory for one piece, no pass takes any. */
static void test_refine__passes_allocate_nothing(void **state)
{
    (void)state;
    network *net = kind_make(&kinds[5]);
    unsigned char *rgb = coded_pictures(8, 32, 32);
    int32_t index[8 * 64 * 3];
    codec c;
    vq_error err;
    assert_ok(codec_init(&c, net, 1, 0, &err), &err);
    c.passes = 1;
    assert_ok(codec_encode(&c, rgb, 8, 32, 32, index, &err), &err);
    c.passes = 9;
    support_alloc_reset();
    assert_ok(codec_encode(&c, rgb, 8, 32, 32, index, &err), &err);
    assert_int_equal(support_alloc_count(), 0);
    codec_release(&c);
    free(rgb);
    network_drop(net);
}

typedef struct patience {
    int calls, most;
    double done;
} patience;

static int count_calls(double done, void *user)
{
    patience *p = user;
    assert_true(done >= p->done && done <= 1);
    p->done = done;
    return ++p->calls > p->most;
}

/* Asked to stop at any moment, it does, with codes that are no worse. */
static void test_refine__stops(void **state)
{
    (void)state;
    enum { N = 3, H = 64, W = 48, PASSES = 3, CODES = N * H * W / 16 };
    network *net = kind_make(&kinds[0]);
    unsigned char *rgb = coded_pictures(N, H, W);
    vq_status status = VQ_ESTOPPED;
    int stopped = 0;
    for (int most = 0; status != VQ_OK; most++) {
        patience p = {.most = most};
        codec_watch watch = {.call = count_calls, .user = &p};
        codec c;
        vq_error err;
        int32_t index[CODES];
        assert_ok(codec_init(&c, net, 1, 0, &err), &err);
        c.passes = PASSES;
        c.watch = &watch;
        watch_begin(&watch, CODES * (1 + PASSES));
        status = codec_encode(&c, rgb, N, H, W, index, &err);
        if (status == VQ_OK) {
            assert_true(p.done == 1);
        } else {
            assert_fails(status, VQ_ESTOPPED, &err, "stopped");
            assert_int_equal(p.calls, most + 1);
            stopped++;
        }
        codec_release(&c);
    }
    assert_true(stopped > N * PASSES);
    free(rgb);
    network_drop(net);
}

static void test_refine__failed_allocations(void **state)
{
    (void)state;
    network *net = kind_make(&kinds[0]);
    unsigned char *rgb = tiny_picture(32, 32, 0);
    int32_t index[64];
    vq_status status = VQ_ENOMEM;
    int failures = 0;
    for (int at = 1; status != VQ_OK; at++) {
        codec c;
        vq_error err;
        support_alloc_fail_at(at);
        status = codec_init(&c, net, 1, 8, &err);
        c.passes = 1;
        if (status == VQ_OK)
            status = codec_encode(&c, rgb, 1, 32, 32, index, &err);
        support_alloc_fail_at(0);
        codec_release(&c);
        if (status != VQ_OK) {
            assert_fails(status, VQ_ENOMEM, &err, "out of memory");
            failures++;
        }
    }
    assert_true(failures >= 6);
    free(rgb);
    network_drop(net);
}

/* New weights are taken over, in both directions of the decoder. */
static void test_refine__repack(void **state)
{
    (void)state;
    network *net = kind_make(&kinds[0]);
    unsigned char *rgb = coded_pictures(3, 32, 32);
    int32_t index[3 * 64];
    codec c;
    vq_error err;
    assert_ok(codec_init(&c, net, 1, 0, &err), &err);
    c.passes = 3;
    assert_ok(codec_encode(&c, rgb, 3, 32, 32, index, &err), &err);
    const param *p = &net->p.table[net->decoder_first.weight];
    for (size_t i = 0; i < p->count; i++)
        net->p.value[p->offset + i] *= i % 2 ? -1.5f : 0.5f;
    codec_repack(&c);
    assert_ok(codec_encode(&c, rgb, 3, 32, 32, index, &err), &err);
    codec_release(&c);
    coded fresh = code(net, 3, 0, 1, rgb, 3, 32, 32);
    assert_memory_equal(index, fresh.index, sizeof index);
    coded_drop(&fresh);
    free(rgb);
    network_drop(net);
}

const struct CMUnitTest test_refine_suite[] = {
    cmocka_unit_test(test_refine__never_worse),
    cmocka_unit_test(test_refine__of_the_box),
    cmocka_unit_test(test_refine__batch_is_one_by_one),
    cmocka_unit_test(test_refine__tiles),
    cmocka_unit_test(test_refine__tile_sees_what_it_changes),
    cmocka_unit_test(test_refine__memory_is_bounded),
    cmocka_unit_test(test_refine__passes_allocate_nothing),
    cmocka_unit_test(test_refine__stops),
    cmocka_unit_test(test_refine__failed_allocations),
    cmocka_unit_test(test_refine__repack),
    {0},
};
