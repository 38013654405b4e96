/* SPDX-License-Identifier: MIT */
#include "codec/codec.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/finite.h"
#include "base/parallel.h"
#include "codec/refine.h"

/* Codes around a tile that its window includes: more would change nothing. */
static int halo_of(const network *net)
{
    return (network_reach(&net->config) + 3) / 4 * 4;
}

vq_status codec_init(codec *c, const network *net, int threads, int tile, vq_error *err)
{
    const int scale = net->config.downsample;
    codec_workers ws;
    *c = (codec){0};
    vq_status status = codec_workers_init(&ws, net, parallel_threads(threads), err);
    if (status != VQ_OK)
        return status;
    *c = (codec){.net = net, .scale = scale, .workers = ws};
    c->tile = tile ? tile : CODEC_TILE / scale;
    return VQ_OK;
}

void codec_release(codec *c)
{
    codec_workers_release(&c->workers);
    *c = (codec){0};
}

void codec_repack(codec *c)
{
    codec_workers_repack(&c->workers);
}

/* A call's work: shards of images times tiles. */
typedef struct job {
    codec *c;
    windows all;
    const unsigned char *rgb; /* encode: [n,height,width,3] */
    int height, width;
    int32_t *index;         /* encode: [n,h,w,depth] */
    const int32_t *indexed; /* decode, the same */
    unsigned char *out;     /* decode */
    float *unit;
} job;

static windows windows_of(const codec *c, int n, int h, int w)
{
    return (windows){.n = n,
                     .h = h,
                     .w = w,
                     .row1 = h,
                     .per_shard = shard_images((int64_t)h * w * c->scale * c->scale),
                     .tile = c->tile,
                     .halo = halo_of(c->net),
                     .every = 1};
}

static vq_status run_job(job *j, parallel_body body, vq_error *err)
{
    int64_t items = windows_count(&j->all);
    if (items > INT32_MAX)
        return vq_fail(err, VQ_EINPUT, "too many images for one call");
    return parallel_for(j->c->workers.n, (int)items, body, j, err);
}

/* Finite weights can still be too large: what they give is no picture and no code. */
static vq_status check_finite(const float *x, size_t n, const char *what, vq_error *err)
{
    if (all_finite(x, n))
        return VQ_OK;
    return vq_fail(err, VQ_EINPUT,
                   "the model's %s gives infinities: its weights are too large, or "
                   "damaged",
                   what);
}

/* Its squares, which distances are made of: where all are infinite, none is nearest. */
static vq_status check_codebook(const network *net, vq_error *err)
{
    const param *p = &net->p.table[net->codebook];
    float most = 0;
    for (size_t i = 0; i < p->count; i++)
        most = fmaxf(most, fabsf(net->p.value[p->offset + i]));
    most *= most * (float)net->config.code_dim;
    return check_finite(&most, 1, "codebook", err);
}

static vq_status encode_item(void *user, int i, int number, vq_error *err)
{
    vq_status status;
    job *j = user;
    codec_worker *w = &j->c->workers.each[number];
    const window v = windows_at(&j->all, i);
    const int wh = span_window(v.y), ww = span_window(v.x);
    TRY(watch_report(j->c->watch, 0, err));
    TRY(worker_prepare(&j->c->workers, w, WORKER_ENCODE, v.n, wh, ww, err));
    worker_load_pixels(&j->c->workers, w, &v, j->rgb, j->height, j->width);
    graph_forward(&w->r);

    const int32_t *codes = run_codes(&w->r, w->nodes.quantize);
    const size_t depth = (size_t)network_depth(&j->c->net->config);
    for (int k = 0; k < v.n; k++)
        for (int y = v.y.core0; y < v.y.core1; y++) {
            size_t to = ((size_t)(v.image + k) * j->all.h + y) * j->all.w + v.x.core0;
            size_t from =
                ((size_t)k * wh + (y - v.y.window0)) * ww + (v.x.core0 - v.x.window0);
            memcpy(j->index + to * depth, codes + from * depth,
                   (size_t)span_core(v.x) * depth * sizeof *codes);
        }
    status = watch_report(j->c->watch, window_codes(&v), err);
out:
    return status;
}

vq_status codec_encode(codec *c, const unsigned char *rgb, int n, int height, int width,
                       int32_t *index, vq_error *err)
{
    vq_status status;
    job j = {.c = c, .rgb = rgb, .height = height, .width = width, .index = index};
    j.all =
        windows_of(c, n, network_codes(c->net, height), network_codes(c->net, width));
    TRY(run_job(&j, encode_item, err));
    refinement r = {.workers = &c->workers,
                    .watch = c->watch,
                    .passes = c->passes,
                    .all = j.all,
                    .rgb = rgb,
                    .height = height,
                    .width = width,
                    .index = index};
    if (c->passes > 0)
        TRY(refine(&r, err));
out:
    return status;
}

vq_status codec_check(codec *c, vq_error *err)
{
    enum { CODES = 4, PIXELS_MAX = CODES * 8 };
    vq_status status;
    unsigned char rgb[PIXELS_MAX * PIXELS_MAX * 3];
    const windows all = windows_of(c, 1, CODES, CODES);
    const window v = windows_at(&all, 0);
    const int wh = span_window(v.y), ww = span_window(v.x), side = CODES * c->scale;
    codec_worker *w = c->workers.each;
    assert(side <= PIXELS_MAX);
    for (int i = 0; i < side * side * 3; i++) /* bright and dark, in patches */
        rgb[i] = (unsigned char)(i / 9 % 2 ? 255 - i % 50 : i % 50);
    TRY(worker_prepare(&c->workers, w, WORKER_ROWS, v.n, wh, ww, err));
    worker_load_pixels(&c->workers, w, &v, rgb, side, side);
    graph_forward(&w->r);
    TRY(check_finite(run_y(&w->r, w->nodes.output),
                     (size_t)wh * ww * w->nodes.output->y.c, "encoder", err));
    status = check_codebook(c->net, err);
out:
    return status;
}

/* The core of a decoded window, out to the picture. */
static void store_core(const job *j, const window *v, int k, const float *from)
{
    const vq_config *config = &j->c->net->config;
    const int scale = j->c->scale;
    size_t row = (size_t)j->all.w * scale * 3;
    size_t rows = (size_t)(j->all.row1 - j->all.row0) * scale;
    size_t window_row = (size_t)span_window(v->x) * scale * 3;
    size_t n = (size_t)span_core(v->x) * scale * 3;
    for (int py = v->y.core0 * scale; py < v->y.core1 * scale; py++) {
        size_t y = (size_t)(v->image + k) * rows + (size_t)(py - j->all.row0 * scale);
        size_t at = y * row + (size_t)v->x.core0 * scale * 3;
        const float *src = from + (size_t)(py - v->y.window0 * scale) * window_row +
                           (size_t)(v->x.core0 - v->x.window0) * scale * 3;
        for (size_t i = 0; i < n; i++) {
            float unit = network_unit_out(config, src[i]);
            j->out[at + i] = network_byte(unit);
            if (j->unit)
                j->unit[at + i] = unit;
        }
    }
}

static vq_status decode_item(void *user, int i, int number, vq_error *err)
{
    vq_status status;
    job *j = user;
    codec_worker *w = &j->c->workers.each[number];
    const window v = windows_at(&j->all, i);
    const int wh = span_window(v.y), ww = span_window(v.x);
    TRY(watch_report(j->c->watch, 0, err));
    TRY(worker_prepare(&j->c->workers, w, WORKER_DECODE, v.n, wh, ww, err));
    worker_load_codes(&j->c->workers, &v, j->indexed, j->all.h, j->all.w,
                      run_y(&w->r, w->nodes.input));
    graph_forward(&w->r);
    size_t pixels = (size_t)wh * ww * j->c->scale * j->c->scale * 3;
    TRY(check_finite(run_y(&w->r, w->nodes.output), (size_t)v.n * pixels, "decoder",
                     err));
    for (int k = 0; k < v.n; k++)
        store_core(j, &v, k, run_y(&w->r, w->nodes.output) + (size_t)k * pixels);
    status = watch_report(j->c->watch, window_codes(&v), err);
out:
    return status;
}

vq_status codec_decode(codec *c, codec_codes_view v, unsigned char *rgb, float *unit,
                       vq_error *err)
{
    job j = {.c = c, .indexed = v.index, .out = rgb, .unit = unit};
    j.all = windows_of(c, v.n, v.h, v.w);
    j.all.row0 = v.row0;
    j.all.row1 = v.row1;
    return run_job(&j, decode_item, err);
}
