/* SPDX-License-Identifier: MIT */
#include "codec/codec.h"

#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"

/*
 * Codes around a tile that its window includes. What a window lacks at its edge spoils,
 * in codes: one in the strided layers together, however many, one in the 3x3 layer, one
 * in each residual block; in the decoder no more. Rounded up to 4, like the tiles, so
 * that kernels which work on blocks of 4 see every pixel in the same place of a block.
 */
static int halo_of(const network *net)
{
    return (net->config.res_layers + 2 + 3) / 4 * 4;
}

/* A worker's graph, planned anew for every window shape, in memory for the largest. */
struct codec_worker {
    graph g;
    network_nodes nodes;
    run r;
    size_t capacity; /* floats of r's arena */
};

/* One axis of a tile: the codes it produces and the window it sees. */
typedef struct span {
    int core0, core1, window0, window1;
} span;

static span span_at(const codec *c, int i, int first, int last, int limit)
{
    int halo = halo_of(c->net);
    span s = {.core0 = first + i * c->tile};
    s.core1 = s.core0 + c->tile < last ? s.core0 + c->tile : last;
    s.window0 = s.core0 - halo > 0 ? s.core0 - halo : 0;
    s.window1 = s.core1 + halo < limit ? s.core1 + halo : limit;
    return s;
}

static int ceil_div(int a, int b)
{
    return (a + b - 1) / b;
}

vq_status codec_init(codec *c, const network *net, int threads, int tile, vq_error *err)
{
    vq_status status;
    const int scale = net->config.downsample;
    *c = (codec){.net = net, .scale = scale, .tile = tile ? tile : CODEC_TILE / scale};
    c->threads = parallel_threads(threads);
    graph *g = malloc(sizeof *g);
    c->workers = calloc((size_t)c->threads, sizeof *c->workers);
    if (!g || !c->workers) {
        status = vq_fail_memory(err, (size_t)c->threads * sizeof *c->workers);
        goto out;
    }
    size_t floats[2];
    for (int decoder = 0; decoder < 2; decoder++) {
        if (decoder)
            network_decoder_graph(net, g, 8, 8);
        else
            network_encoder_graph(net, g, 32, 32);
        TRY(graph_plan(g, 1, GRAPH_INFER, err));
        floats[decoder] = g->packed_floats;
    }
    size_t bytes[2] = {arena_round(floats[0] * sizeof(float)),
                       arena_round(floats[1] * sizeof(float))};
    TRY(arena_init(&c->memory, bytes[0] + bytes[1], err));
    c->encoder_packed = arena_take(&c->memory, bytes[0]);
    c->decoder_packed = arena_take(&c->memory, bytes[1]);
    codec_repack(c);
out:
    free(g);
    if (status != VQ_OK)
        codec_release(c);
    return status;
}

void codec_release(codec *c)
{
    for (int i = 0; c->workers && i < c->threads; i++)
        run_release(&c->workers[i].r);
    free(c->workers);
    arena_release(&c->memory);
    *c = (codec){0};
}

void codec_repack(codec *c)
{
    graph *g = &c->workers[0].g;
    network_encoder_graph(c->net, g, 32, 32);
    graph_plan(g, 1, GRAPH_INFER, NULL);
    graph_pack(g, 0, g->n_nodes, c->encoder_packed);
    network_decoder_graph(c->net, g, 8, 8);
    graph_plan(g, 1, GRAPH_INFER, NULL);
    graph_pack(g, 0, g->n_nodes, c->decoder_packed);
}

/* Make the worker ready for n windows of h x w codes. */
static vq_status worker_prepare(const codec *c, codec_worker *w, bool decoder, int n,
                                int h, int wide, vq_error *err)
{
    vq_status status;
    if (decoder)
        w->nodes = network_decoder_graph(c->net, &w->g, h, wide);
    else
        w->nodes = network_encoder_graph(c->net, &w->g, h * c->scale, wide * c->scale);
    TRY(graph_plan(&w->g, n, GRAPH_INFER, err));
    if (w->g.run_floats > w->capacity) {
        run_release(&w->r);
        w->capacity = 0;
        TRY(run_init(&w->r, &w->g, err));
        w->capacity = w->g.run_floats;
    }
    w->r.n = n;
    w->r.packed = decoder ? c->decoder_packed : c->encoder_packed;
out:
    return status;
}

/* A call's work: shards of images times tiles. */
typedef struct job {
    codec *c;
    const unsigned char *rgb; /* encode: [n,height,width,3] */
    int height, width;
    int32_t *index; /* encode: [n,h,w,depth] */
    codec_codes_view v;
    unsigned char *out; /* decode */
    float *unit;
    int per_shard, tiles_x, tiles_y;
} job;

/* Images that share a run: as many as a shard of 32x32 ones has pixels. */
static int images_per_run(const codec *c, int h, int w)
{
    int64_t area = (int64_t)h * w * c->scale * c->scale;
    int64_t budget = (int64_t)SHARD_IMAGES * 32 * 32;
    return area < budget ? (int)(budget / area) : 1;
}

static vq_status run_job(job *j, parallel_body body, vq_error *err)
{
    j->per_shard = images_per_run(j->c, j->v.h, j->v.w);
    j->tiles_x = ceil_div(j->v.w, j->c->tile);
    j->tiles_y = ceil_div(j->v.row1 - j->v.row0, j->c->tile);
    int64_t items = (int64_t)ceil_div(j->v.n, j->per_shard) * j->tiles_x * j->tiles_y;
    if (items > INT32_MAX)
        return vq_fail(err, VQ_EINPUT, "too many images for one call");
    return parallel_for(j->c->threads, (int)items, body, j, err);
}

/* The i-th work item. */
typedef struct item {
    int image, n;
    span y, x;
} item;

static item item_at(const job *j, int i)
{
    item it;
    int tx = i % j->tiles_x, ty = i / j->tiles_x % j->tiles_y;
    it.image = i / j->tiles_x / j->tiles_y * j->per_shard;
    it.n = j->v.n - it.image < j->per_shard ? j->v.n - it.image : j->per_shard;
    it.y = span_at(j->c, ty, j->v.row0, j->v.row1, j->v.h);
    it.x = span_at(j->c, tx, 0, j->v.w, j->v.w);
    return it;
}

/* Fill a window of one image, repeating edge pixels where it reaches past the image. */
static void load_window(const job *j, const unsigned char *image, span y, span x,
                        float *to)
{
    float table[256];
    for (int i = 0; i < 256; i++)
        table[i] = network_pixel_in(&j->c->net->config, (unsigned char)i);
    const int scale = j->c->scale;
    for (int py = y.window0 * scale; py < y.window1 * scale; py++) {
        int sy = py < j->height ? py : j->height - 1;
        const unsigned char *row = image + (size_t)sy * j->width * 3;
        for (int px = x.window0 * scale; px < x.window1 * scale; px++) {
            const unsigned char *p =
                row + 3 * (size_t)(px < j->width ? px : j->width - 1);
            for (int ch = 0; ch < 3; ch++)
                *to++ = table[p[ch]];
        }
    }
}

static vq_status encode_item(void *user, int i, int worker, vq_error *err)
{
    job *j = user;
    codec_worker *w = &j->c->workers[worker];
    item it = item_at(j, i);
    int wh = it.y.window1 - it.y.window0, ww = it.x.window1 - it.x.window0;
    vq_status status = worker_prepare(j->c, w, false, it.n, wh, ww, err);
    if (status != VQ_OK)
        return status;

    size_t pixels = (size_t)wh * ww * j->c->scale * j->c->scale * 3;
    for (int k = 0; k < it.n; k++)
        load_window(j, j->rgb + (size_t)(it.image + k) * j->height * j->width * 3, it.y,
                    it.x, run_y(&w->r, w->nodes.input) + (size_t)k * pixels);
    graph_forward(&w->r);

    const int32_t *codes = run_codes(&w->r, w->nodes.quantize);
    const size_t depth = (size_t)network_depth(&j->c->net->config);
    for (int k = 0; k < it.n; k++)
        for (int y = it.y.core0; y < it.y.core1; y++) {
            size_t to = ((size_t)(it.image + k) * j->v.h + y) * j->v.w + it.x.core0;
            size_t from = ((size_t)k * wh + (y - it.y.window0)) * ww +
                          (it.x.core0 - it.x.window0);
            memcpy(j->index + to * depth, codes + from * depth,
                   (size_t)(it.x.core1 - it.x.core0) * depth * sizeof *codes);
        }
    return VQ_OK;
}

vq_status codec_encode(codec *c, const unsigned char *rgb, int n, int height, int width,
                       int32_t *index, vq_error *err)
{
    int h = network_codes(c->net, height), w = network_codes(c->net, width);
    job j = {.c = c,
             .rgb = rgb,
             .height = height,
             .width = width,
             .index = index,
             .v = {.n = n, .h = h, .w = w, .row0 = 0, .row1 = h}};
    return run_job(&j, encode_item, err);
}

/* The codebook rows of a window of one image's codes. */
static void load_codes(const job *j, int image, span y, span x, float *to)
{
    const network *net = j->c->net;
    const float *codebook = net->p.value + net->p.table[net->codebook].offset;
    const books b = network_books(&net->config);
    for (int cy = y.window0; cy < y.window1; cy++)
        for (int cx = x.window0; cx < x.window1; cx++, to += books_width(&b)) {
            size_t at = ((size_t)image * j->v.h + cy) * j->v.w + cx;
            books_row(&b, codebook, j->v.index + at * (size_t)books_depth(&b), to);
        }
}

/* The core of a decoded window, out to the picture. */
static void store_core(const job *j, int image, const item *it, const float *from)
{
    const vq_config *config = &j->c->net->config;
    const int scale = j->c->scale;
    size_t row = (size_t)j->v.w * scale * 3;
    size_t rows = (size_t)(j->v.row1 - j->v.row0) * scale;
    size_t window_row = (size_t)(it->x.window1 - it->x.window0) * scale * 3;
    size_t n = (size_t)(it->x.core1 - it->x.core0) * scale * 3;
    for (int py = it->y.core0 * scale; py < it->y.core1 * scale; py++) {
        size_t at = ((size_t)image * rows + (size_t)(py - j->v.row0 * scale)) * row +
                    (size_t)it->x.core0 * scale * 3;
        const float *src = from + (size_t)(py - it->y.window0 * scale) * window_row +
                           (size_t)(it->x.core0 - it->x.window0) * scale * 3;
        for (size_t k = 0; k < n; k++) {
            float unit = network_unit_out(config, src[k]);
            j->out[at + k] = network_byte(unit);
            if (j->unit)
                j->unit[at + k] = unit;
        }
    }
}

static vq_status decode_item(void *user, int i, int worker, vq_error *err)
{
    job *j = user;
    codec_worker *w = &j->c->workers[worker];
    item it = item_at(j, i);
    int wh = it.y.window1 - it.y.window0, ww = it.x.window1 - it.x.window0;
    vq_status status = worker_prepare(j->c, w, true, it.n, wh, ww, err);
    if (status != VQ_OK)
        return status;

    size_t codes = (size_t)wh * ww;
    for (int k = 0; k < it.n; k++)
        load_codes(j, it.image + k, it.y, it.x,
                   run_y(&w->r, w->nodes.input) +
                       (size_t)k * codes * j->c->net->config.code_dim);
    graph_forward(&w->r);
    for (int k = 0; k < it.n; k++)
        store_core(j, it.image + k, &it,
                   run_y(&w->r, w->nodes.output) +
                       (size_t)k * codes * j->c->scale * j->c->scale * 3);
    return VQ_OK;
}

vq_status codec_decode(codec *c, codec_codes_view v, unsigned char *rgb, float *unit,
                       vq_error *err)
{
    job j = {.c = c, .v = v, .out = rgb, .unit = unit};
    return run_job(&j, decode_item, err);
}
