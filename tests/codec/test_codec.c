/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"
#include "network/drawn.h"
#include "tiny.h"

static network *make_network(int res_layers, int downsample)
{
    vq_config c = tiny_config("sonnet");
    c.res_layers = res_layers;
    c.downsample = downsample;
    return network_drawn(c, NULL, NULL);
}

typedef struct coded {
    int32_t *index;
    unsigned char *rgb;
    float *unit;
    size_t codes, bytes;
} coded;

static coded code(const network *net, int tile, int threads, const unsigned char *rgb,
                  int n, int height, int width)
{
    codec c;
    vq_error err;
    int h = network_codes(net, height), w = network_codes(net, width);
    coded r = {.codes = (size_t)n * h * w};
    r.bytes = r.codes * net->config.downsample * net->config.downsample * 3;
    r.index = malloc(r.codes * sizeof *r.index);
    r.rgb = malloc(r.bytes);
    r.unit = malloc(r.bytes * sizeof *r.unit);
    assert_ok(codec_init(&c, net, threads, tile, &err), &err);
    assert_ok(codec_encode(&c, rgb, n, height, width, r.index, &err), &err);
    codec_codes_view v = {.index = r.index, .n = n, .h = h, .w = w, .row1 = h};
    assert_ok(codec_decode(&c, v, r.rgb, r.unit, &err), &err);
    codec_release(&c);
    return r;
}

static void drop(coded *r)
{
    free(r->index);
    free(r->rgb);
    free(r->unit);
}

/* Sizes are given for 4 pixels a code and scaled to the same grids of codes. */
static void check_tiles(const network *net)
{
    static const int sizes[][2] = {{150, 83}, {64, 64}, {33, 201}, {1, 1}, {5, 130}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        int height = sizes[i][0] * net->config.downsample / 4;
        int width = sizes[i][1] * net->config.downsample / 4;
        height += height == 0;
        width += width == 0;
        unsigned char *rgb = tiny_picture(width, height, 3);
        coded whole = code(net, 1000, 1, rgb, 1, height, width);
        coded tiled = code(net, 8, 2, rgb, 1, height, width);
        assert_memory_equal(whole.index, tiled.index,
                            whole.codes * sizeof *whole.index);
        assert_memory_equal(whole.rgb, tiled.rgb, whole.bytes);
        assert_close(tiled.unit, whole.unit, whole.bytes, 1e-6, 1e-6);
        drop(&whole);
        drop(&tiled);
        free(rgb);
    }
}

/* A window that saw one code too few around its tile would show here. */
static void test_codec__tiled_is_untiled(void **state)
{
    (void)state;
    for (int downsample = 2; downsample <= 8; downsample *= 2)
        for (int res_layers = 0; res_layers <= 3; res_layers++) {
            network *net = make_network(res_layers, downsample);
            check_tiles(net);
            network_drop(net);
        }
}

static void test_codec__batch_is_one_by_one(void **state)
{
    (void)state;
    enum { N = 19, BYTES = 32 * 32 * 3 };
    network *net = make_network(2, 4);
    unsigned char *all = malloc(N * BYTES);
    for (int i = 0; i < N; i++) {
        unsigned char *one = tiny_picture(32, 32, i);
        memcpy(all + i * BYTES, one, BYTES);
        free(one);
    }
    coded batch = code(net, 0, 3, all, N, 32, 32);
    for (int i = 0; i < N; i++) {
        coded one = code(net, 0, 1, all + i * BYTES, 1, 32, 32);
        assert_memory_equal(one.index, batch.index + (size_t)i * 64,
                            64 * sizeof(int32_t));
        assert_memory_equal(one.rgb, batch.rgb + i * BYTES, BYTES);
        drop(&one);
    }
    drop(&batch);
    free(all);
    network_drop(net);
}

/* Rows decoded in bands are the rows of the whole. */
static void test_codec__bands(void **state)
{
    (void)state;
    network *net = make_network(2, 4);
    unsigned char *rgb = tiny_picture(40, 100, 1), band[8 * 4 * 40 * 3];
    coded whole = code(net, 8, 2, rgb, 1, 100, 40);
    codec c;
    vq_error err;
    assert_ok(codec_init(&c, net, 1, 8, &err), &err);
    for (int row = 0; row < 25; row += 8) {
        codec_codes_view v = {whole.index, 1, 25, 10, row, row + 8 < 25 ? row + 8 : 25};
        assert_ok(codec_decode(&c, v, band, NULL, &err), &err);
        assert_memory_equal(band, whole.rgb + (size_t)row * 4 * 40 * 3,
                            (size_t)(v.row1 - row) * 4 * 40 * 3);
    }
    codec_release(&c);
    drop(&whole);
    free(rgb);
    network_drop(net);
}

static void test_codec__failed_allocations(void **state)
{
    (void)state;
    network *net = make_network(1, 4);
    unsigned char *rgb = tiny_picture(32, 32, 0), made[32 * 32 * 3];
    int32_t index[64];
    codec_codes_view v = {index, 1, 8, 8, 0, 8};
    vq_status status = VQ_ENOMEM;
    int failures = 0;
    for (int at = 1; status != VQ_OK; at++) {
        codec c;
        vq_error err;
        support_alloc_fail_at(at);
        status = codec_init(&c, net, 1, 8, &err);
        if (status == VQ_OK)
            status = codec_encode(&c, rgb, 1, 32, 32, index, &err);
        if (status == VQ_OK)
            status = codec_decode(&c, v, made, NULL, &err);
        support_alloc_fail_at(0);
        codec_release(&c);
        if (status != VQ_OK) {
            assert_fails(status, VQ_ENOMEM, &err, "out of memory");
            failures++;
        }
    }
    assert_true(failures >= 3);
    free(rgb);
    network_drop(net);
}

/* A codebook of finite numbers whose squares are not. */
static void test_codec__overflowing_codebook(void **state)
{
    (void)state;
    static const char *const method[] = {"ema", "simvq", "gradient"};
    for (int m = 0; m < 3; m++) {
        network *net = network_drawn(tiny_config("sonnet"), "codebook", method[m]);
        const param *p = &net->p.table[net->codebook];
        codec c;
        vq_error err;
        assert_ok(codec_init(&c, net, 1, 0, &err), &err);
        assert_ok(codec_check(&c, &err), &err);
        const float code = net->p.value[p->offset + p->count - 1];
        net->p.value[p->offset + p->count - 1] = -3e38f;
        assert_fails(codec_check(&c, &err), VQ_EINPUT, &err, "codebook gives infin");
        net->p.value[p->offset + p->count - 1] = code;
        assert_ok(codec_check(&c, &err), &err);
        codec_release(&c);
        network_drop(net);
    }
}

/* Finite weights whose results are not: no codes and no pixels come of them. */
static void test_codec__overflow(void **state)
{
    (void)state;
    static const char *const part[] = {"_encoder", "_decoder"};
    unsigned char rgb[3 * 8 * 8];
    const int32_t index[4] = {0};
    const codec_codes_view v = {.index = index, .n = 1, .h = 2, .w = 2, .row1 = 2};
    for (int i = 0; i < 3; i++) { /* the third is as it should be */
        network *net = network_drawn(tiny_config("sonnet"), NULL, NULL);
        codec c;
        vq_error err;
        for (int k = 0; i < 2 && k < net->p.n; k++) {
            const param *p = &net->p.table[k];
            if (strncmp(p->name, part[i], 8) == 0 || (i == 0 && p->name[1] == 'p'))
                for (size_t x = 0; x < p->count; x++)
                    net->p.value[p->offset + x] = FLT_MAX / 2;
        }
        assert_ok(codec_init(&c, net, 1, 0, &err), &err);
        vq_status encodes = codec_check(&c, &err);
        if (i == 0)
            assert_fails(encodes, VQ_EINPUT, &err, "the model's encoder gives infin");
        else
            assert_ok(encodes, &err);
        vq_status decodes = codec_decode(&c, v, rgb, NULL, &err);
        if (i == 1)
            assert_fails(decodes, VQ_EINPUT, &err, "the model's decoder gives infin");
        else
            assert_ok(decodes, &err);
        codec_release(&c);
        network_drop(net);
    }
}

const struct CMUnitTest test_codec_suite[] = {
    cmocka_unit_test(test_codec__overflow),
    cmocka_unit_test(test_codec__overflowing_codebook),
    cmocka_unit_test(test_codec__tiled_is_untiled),
    cmocka_unit_test(test_codec__batch_is_one_by_one),
    cmocka_unit_test(test_codec__bands),
    cmocka_unit_test(test_codec__failed_allocations),
    {0},
};
