/* SPDX-License-Identifier: MIT */
#include "codec/descent.h"

#include <string.h>

#include "codec/descent_rule.h"

/* ---- where things are: offsets in codes ---- */

static size_t core_area(const window *v)
{
    return (size_t)span_core(v->y) * (size_t)span_core(v->x);
}

static size_t window_area(const window *v)
{
    return (size_t)span_window(v->y) * (size_t)span_window(v->x);
}

/* The core's row y of the k-th image, among the cores and among the windows. */
static size_t in_core(const window *v, int k, int y)
{
    return k * core_area(v) + (size_t)(y - v->y.core0) * (size_t)span_core(v->x);
}

static size_t in_window(const window *v, int k, int y)
{
    return k * window_area(v) + (size_t)(y - v->y.window0) * (size_t)span_window(v->x) +
           (size_t)(v->x.core0 - v->x.window0);
}

/* ---- the beginning ---- */

static vq_status take_memory(descent *d, vq_error *err)
{
    const size_t n = (size_t)d->v.n, rows = n * core_area(&d->v);
    const size_t row = books_width(&d->b) * sizeof(float);
    enum { PARTS = 7 };
    const size_t bytes[PARTS] = {rows * row,
                                 n * window_area(&d->v) * row,
                                 rows * (size_t)books_depth(&d->b) * sizeof *d->code,
                                 n * sizeof *d->eta,
                                 n * sizeof *d->best,
                                 d->b.levels > 1 ? rows * row : 0,
                                 books_scratch(&d->b, rows) * sizeof *d->scratch};
    void *part[PARTS];
    size_t total = 0;
    for (int i = 0; i < PARTS; i++)
        total += arena_round(bytes[i]);
    vq_status status = worker_room(d->w, total, err);
    if (status != VQ_OK)
        return status;
    for (int i = 0; i < PARTS; i++)
        part[i] = arena_take(&d->w->room, bytes[i]);
    d->z = part[0];
    d->q = part[1];
    d->code = part[2];
    d->eta = part[3];
    d->best = part[4];
    d->left = d->b.levels > 1 ? part[5] : NULL;
    d->scratch = part[6];
    return VQ_OK;
}

/* What the encoder gives the quantizer, in whose scale the codes lie. */
static vq_status encode(descent *d, vq_error *err)
{
    const codec_workers *ws = d->r->workers;
    const size_t width = books_width(&d->b);
    const int halo = (network_reach(&ws->net->config) + 3) / 4 * 4;
    const window v = window_widened(&d->r->all, d->v, halo);
    vq_status status = worker_prepare(ws, d->w, WORKER_ROWS, v.n, span_window(v.y),
                                      span_window(v.x), err);
    if (status != VQ_OK)
        return status;
    worker_load_pixels(ws, d->w, &v, d->r->rgb, d->r->height, d->r->width);
    graph_forward(&d->w->r);
    const float *rows = run_y(&d->w->r, d->w->nodes.output);
    for (int k = 0; k < v.n; k++)
        for (int y = v.y.core0; y < v.y.core1; y++)
            memcpy(d->z + in_core(&v, k, y) * width, rows + in_window(&v, k, y) * width,
                   (size_t)span_core(v.x) * width * sizeof *rows);
    network_bound_rows(ws->net, d->z, (size_t)v.n * core_area(&v));
    return VQ_OK;
}

vq_status descent_init(descent *d, const refinement *r, codec_worker *w,
                       const window *v, vq_error *err)
{
    const network *net = r->workers->net;
    vq_status status;
    *d = (descent){.r = r, .w = w, .v = *v, .b = network_books(&net->config)};
    d->codebook = net->p.value + net->p.table[net->codebook].offset;
    TRY(take_memory(d, err));
    TRY(encode(d, err));
    worker_load_codes(r->workers, v, r->index, r->all.h, r->all.w, d->q);
    TRY(worker_prepare(r->workers, w, WORKER_PROBE, v->n, span_window(v->y),
                       span_window(v->x), err));
out:
    return status;
}

/* ---- a pass ---- */

/* n samples of a decoded row against the picture's: dy, and the error of 8-bit ones. */
static uint64_t compare_row(const vq_config *config, const float *y,
                            const unsigned char *was, size_t n, float *dy)
{
    const float slope = 2 * (network_unit_out(config, 1) - network_unit_out(config, 0));
    uint32_t sum = 0; /* of at most 66,051 samples: a row is shorter */
    for (size_t i = 0; i < n; i++) {
        float unit = network_unit_out(config, y[i]);
        int error = (int)network_byte(unit) - (int)was[i];
        sum += (uint32_t)(error * error);
        dy[i] = slope * (unit - (float)was[i] / 255.0f);
    }
    return sum;
}

static int within(int x, int low, int high)
{
    return x < low ? low : x > high ? high : x;
}

/* The pixels that the core reaches along one axis, of those that there are. */
static void reached(const span *s, int reach, int scale, int limit, int range[2])
{
    range[0] = within(s->core0 - reach, s->window0, s->window1) * scale;
    range[1] = within((s->core1 + reach), s->window0, s->window1) * scale;
    range[1] = range[1] < limit ? range[1] : limit;
}

/* Set the gradient of the k-th image's output; returns the error of its pixels. */
static uint64_t compare(const descent *d, int k)
{
    const refinement *r = d->r;
    const window *v = &d->v;
    const vq_config *config = &r->workers->net->config;
    const int scale = r->workers->scale, reach = network_reach(config);
    const size_t row = (size_t)span_window(v->x) * (size_t)scale * 3;
    const size_t rows = (size_t)span_window(v->y) * (size_t)scale;
    const float *y = run_y(&d->w->r, d->w->nodes.output) + k * rows * row;
    float *dy = run_dy(&d->w->r, d->w->nodes.output) + k * rows * row;
    int ry[2], rx[2];
    reached(&v->y, reach, scale, r->height, ry);
    reached(&v->x, reach, scale, r->width, rx);
    memset(dy, 0, rows * row * sizeof *dy);
    uint64_t sum = 0;
    for (int py = ry[0]; py < ry[1]; py++) {
        size_t image = (size_t)(v->image + k) * r->height + py;
        size_t at = (size_t)(py - v->y.window0 * scale) * row +
                    (size_t)(rx[0] - v->x.window0 * scale) * 3;
        sum += compare_row(config, y + at, r->rgb + (image * r->width + rx[0]) * 3,
                           (size_t)(rx[1] - rx[0]) * 3, dy + at);
    }
    return sum;
}

/* Keep the codes of the k-th image. */
static void keep(const descent *d, int k)
{
    const windows *all = &d->r->all;
    const window *v = &d->v;
    const size_t depth = (size_t)books_depth(&d->b);
    for (int y = v->y.core0; y < v->y.core1; y++) {
        size_t to = ((size_t)(v->image + k) * all->h + y) * all->w + v->x.core0;
        memcpy(d->r->index + to * depth, d->code + in_core(v, k, y) * depth,
               (size_t)span_core(v->x) * depth * sizeof *d->code);
    }
}

/* Decode q, and keep it where it is the best so far. */
static void look(descent *d, bool first)
{
    run *r = &d->w->r;
    memcpy(run_y(r, d->w->nodes.input), d->q,
           run_count(r, d->w->nodes.input) * sizeof *d->q);
    graph_forward(r);
    for (int k = 0; k < d->v.n; k++) {
        uint64_t error = compare(d, k);
        if (!first && error >= d->best[k])
            continue;
        d->best[k] = error;
        if (!first)
            keep(d, k);
    }
}

/* eta of the first pass, over the k-th image's core. */
static float measure(const descent *d, int k, const float *gradient)
{
    const window *v = &d->v;
    const size_t width = books_width(&d->b);
    descent_scale scale = {0};
    for (int y = v->y.core0; y < v->y.core1; y++)
        descent_measure(
            &scale, d->z + in_core(v, k, y) * width, d->q + in_window(v, k, y) * width,
            gradient + in_window(v, k, y) * width, (size_t)span_core(v->x) * width);
    return descent_eta(&scale);
}

/* Move z; `share` of the first eta is left. */
static void move(descent *d, float share)
{
    const window *v = &d->v;
    const float *gradient = run_dy(&d->w->r, d->w->nodes.input);
    const size_t width = books_width(&d->b);
    for (int k = 0; k < v->n; k++)
        for (int y = v->y.core0; y < v->y.core1; y++)
            descent_move(d->z + in_core(v, k, y) * width,
                         d->q + in_window(v, k, y) * width,
                         gradient + in_window(v, k, y) * width,
                         (size_t)span_core(v->x) * width, share * d->eta[k]);
}

/* The codes nearest to z, into q. */
static void quantize(descent *d)
{
    const window *v = &d->v;
    const size_t width = books_width(&d->b), depth = (size_t)books_depth(&d->b);
    const size_t rows = (size_t)v->n * core_area(v);
    float *left = d->z;
    if (d->left)
        left = memcpy(d->left, d->z, rows * width * sizeof *left);
    books_quantize(&d->b, d->codebook, left, rows, d->code, d->scratch);
    for (int k = 0; k < v->n; k++)
        for (int y = v->y.core0; y < v->y.core1; y++) {
            const int32_t *code = d->code + in_core(v, k, y) * depth;
            float *q = d->q + in_window(v, k, y) * width;
            for (int x = 0; x < span_core(v->x); x++, code += depth, q += width)
                books_row(&d->b, d->codebook, code, q);
        }
}

vq_status descent_run(descent *d, vq_error *err)
{
    const refinement *r = d->r;
    const int64_t codes = window_codes(&d->v);
    vq_status status = VQ_OK;
    look(d, true);
    for (int t = 0; t < r->passes; t++) {
        TRY(watch_report(r->watch, t > 0 ? codes : 0, err));
        graph_backward(&d->w->r);
        for (int k = 0; k < d->v.n && t == 0; k++)
            d->eta[k] = measure(d, k, run_dy(&d->w->r, d->w->nodes.input));
        move(d, descent_share(t, r->passes));
        quantize(d);
        look(d, false);
    }
    status = watch_report(r->watch, codes, err);
out:
    return status;
}
