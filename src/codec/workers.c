/* SPDX-License-Identifier: MIT */
#include "codec/workers.h"

#include <stdlib.h>

/* Build and plan the task's graph for n windows of h x w codes. */
static vq_status plan(const network *net, codec_worker *w, worker_task task, int n,
                      int h, int wide, vq_error *err)
{
    const int scale = net->config.downsample;
    graph_mode mode = GRAPH_INFER;
    switch (task) {
    case WORKER_ENCODE:
        w->nodes = network_encoder_graph(net, &w->g, h * scale, wide * scale);
        break;
    case WORKER_ROWS:
        w->nodes = network_rows_graph(net, &w->g, h * scale, wide * scale);
        break;
    case WORKER_PROBE:
        mode = GRAPH_PROBE;
        w->nodes = network_decoder_graph(net, &w->g, h, wide);
        w->nodes.input->needs_dy = true;
        break;
    case WORKER_DECODE:
        w->nodes = network_decoder_graph(net, &w->g, h, wide);
    }
    return graph_plan(&w->g, n, mode, err);
}

/* Weights fit windows of any size. Into memory that is made when there is none. */
static vq_status pack(codec_workers *ws, worker_task task, arena *packed, vq_error *err)
{
    vq_status status;
    graph *g = &ws->each->g;
    TRY(plan(ws->net, ws->each, task, 1, 8, 8, err));
    if (!packed->base)
        TRY(arena_init(packed, g->packed_floats * sizeof(float), err));
    graph_pack(g, 0, g->n_nodes, (float *)packed->base);
out:
    return status;
}

vq_status codec_workers_init(codec_workers *ws, const network *net, int n,
                             vq_error *err)
{
    vq_status status;
    *ws = (codec_workers){.net = net, .scale = net->config.downsample, .n = n};
    ws->each = calloc((size_t)n, sizeof *ws->each);
    if (!ws->each)
        return vq_fail_memory(err, (size_t)n * sizeof *ws->each);
    TRY(pack(ws, WORKER_ENCODE, &ws->encoder, err));
    TRY(pack(ws, WORKER_DECODE, &ws->decoder, err));
out:
    if (status != VQ_OK)
        codec_workers_release(ws);
    return status;
}

void codec_workers_release(codec_workers *ws)
{
    for (int i = 0; ws->each && i < ws->n; i++) {
        run_release(&ws->each[i].r);
        arena_release(&ws->each[i].room);
    }
    free(ws->each);
    arena_release(&ws->encoder);
    arena_release(&ws->decoder);
    arena_release(&ws->probe);
    *ws = (codec_workers){0};
}

/* Cannot fail: memory is there, and the graphs were planned before. */
void codec_workers_repack(codec_workers *ws)
{
    pack(ws, WORKER_ENCODE, &ws->encoder, NULL);
    pack(ws, WORKER_DECODE, &ws->decoder, NULL);
    if (ws->probe.base)
        pack(ws, WORKER_PROBE, &ws->probe, NULL);
}

vq_status codec_workers_probe(codec_workers *ws, vq_error *err)
{
    return ws->probe.base ? VQ_OK : pack(ws, WORKER_PROBE, &ws->probe, err);
}

/* What the task's weights were packed into. */
static const float *packed_for(const codec_workers *ws, worker_task task)
{
    const arena *packed = task == WORKER_DECODE  ? &ws->decoder
                          : task == WORKER_PROBE ? &ws->probe
                                                 : &ws->encoder;
    return (const float *)packed->base;
}

vq_status worker_prepare(const codec_workers *ws, codec_worker *w, worker_task task,
                         int n, int h, int wide, vq_error *err)
{
    vq_status status;
    TRY(plan(ws->net, w, task, n, h, wide, err));
    if (w->g.run_floats > w->capacity) {
        run_release(&w->r);
        w->capacity = 0;
        TRY(run_init(&w->r, &w->g, err));
        w->capacity = w->g.run_floats;
    }
    w->r.n = n;
    w->r.packed = packed_for(ws, task);
out:
    return status;
}

vq_status worker_room(codec_worker *w, size_t bytes, vq_error *err)
{
    w->room.used = 0;
    if (bytes <= w->room.size)
        return VQ_OK;
    arena_release(&w->room);
    return arena_init(&w->room, bytes, err);
}

void worker_load_pixels(const codec_workers *ws, codec_worker *w, const window *v,
                        const unsigned char *rgb, int height, int width)
{
    const int scale = ws->scale;
    float table[256], *to = run_y(&w->r, w->nodes.input);
    for (int i = 0; i < 256; i++)
        table[i] = network_pixel_in(&ws->net->config, (unsigned char)i);
    for (int k = 0; k < v->n; k++) {
        const unsigned char *image = rgb + (size_t)(v->image + k) * height * width * 3;
        for (int py = v->y.window0 * scale; py < v->y.window1 * scale; py++) {
            int sy = py < height ? py : height - 1;
            const unsigned char *row = image + (size_t)sy * width * 3;
            for (int px = v->x.window0 * scale; px < v->x.window1 * scale; px++) {
                const unsigned char *p =
                    row + 3 * (size_t)(px < width ? px : width - 1);
                for (int ch = 0; ch < 3; ch++)
                    *to++ = table[p[ch]];
            }
        }
    }
}

void worker_load_codes(const codec_workers *ws, const window *v, const int32_t *index,
                       int h, int wide, float *rows)
{
    const network *net = ws->net;
    const float *codebook = net->p.value + net->p.table[net->codebook].offset;
    const books b = network_books(&net->config);
    for (int k = 0; k < v->n; k++)
        for (int y = v->y.window0; y < v->y.window1; y++)
            for (int x = v->x.window0; x < v->x.window1; x++, rows += books_width(&b)) {
                size_t at = ((size_t)(v->image + k) * h + y) * wide + x;
                books_row(&b, codebook, index + at * (size_t)books_depth(&b), rows);
            }
}
