/* SPDX-License-Identifier: MIT */
#include "train/refined.h"

#include <string.h>

#include "codec/descent_rule.h"

/* ---- opening: the memory of the workers ---- */

static size_t rows_of(const refined *r, int n)
{
    return (size_t)n * (size_t)r->to.input->y.h * (size_t)r->to.input->y.w;
}

static vq_status take_memory(refined *r, int images, vq_error *err)
{
    const size_t rows = rows_of(r, images), row = books_width(&r->b) * sizeof(float);
    enum { PARTS = 6 };
    const size_t bytes[PARTS] = {rows * row,
                                 rows * row,
                                 rows * row,
                                 rows * (size_t)books_depth(&r->b) * sizeof(int32_t),
                                 (size_t)images * sizeof(float),
                                 books_scratch(&r->b, rows) * sizeof(float)};
    const size_t each = arena_round((size_t)r->threads * sizeof *r->each);
    const size_t packed[2] = {arena_round(r->encoder.packed_floats * sizeof(float)),
                              arena_round(r->back.packed_floats * sizeof(float))};
    size_t total = 0;
    for (int i = 0; i < PARTS; i++)
        total += arena_round(bytes[i]);
    vq_status status = arena_init(
        &r->memory, each + packed[0] + packed[1] + (size_t)r->threads * total, err);
    if (status != VQ_OK)
        return status;
    r->each = arena_take(&r->memory, each);
    for (int i = 0; i < 2; i++)
        r->packed[i] = arena_take(&r->memory, packed[i]);
    for (refined_worker *w = r->each; w < r->each + r->threads; w++) {
        w->z = arena_take(&r->memory, bytes[0]);
        w->q = arena_take(&r->memory, bytes[1]);
        w->left = arena_take(&r->memory, bytes[2]);
        w->code = arena_take(&r->memory, bytes[3]);
        w->eta = arena_take(&r->memory, bytes[4]);
        w->scratch = arena_take(&r->memory, bytes[5]);
    }
    return VQ_OK;
}

/* ---- a shard: from its pixels to refined codes ---- */

/* The codes nearest to z, and q. */
static void quantize(const refined *r, refined_worker *w, size_t rows)
{
    const size_t width = books_width(&r->b), depth = (size_t)books_depth(&r->b);
    const float *codes = r->net->p.value + r->net->p.table[r->net->codebook].offset;
    memcpy(w->left, w->z, rows * width * sizeof *w->z);
    books_quantize(&r->b, codes, w->left, rows, w->code, w->scratch);
    for (size_t i = 0; i < rows; i++)
        books_row(&r->b, codes, w->code + i * depth, w->q + i * width);
}

/* The gradient of half the squared error by q, in the place of the probe's input. */
static void look(const refined *r, refined_worker *w, const float *pixels)
{
    run *probe = &w->probe;
    memcpy(run_y(probe, r->probe.input), w->q,
           run_count(probe, r->probe.input) * sizeof *w->q);
    graph_forward(probe);
    const float *y = run_y(probe, r->probe.output);
    float *dy = run_dy(probe, r->probe.output);
    for (size_t i = 0; i < run_count(probe, r->probe.output); i++)
        dy[i] = y[i] - pixels[i];
    graph_backward(probe);
}

/* Pass t over every image. */
static void pass(const refined *r, refined_worker *w, int t)
{
    const float *gradient = run_dy(&w->probe, r->probe.input);
    const size_t image = rows_of(r, 1) * books_width(&r->b);
    for (int k = 0; k < w->probe.n; k++) {
        const size_t at = (size_t)k * image;
        if (t == 0) {
            descent_scale scale = {0};
            descent_measure(&scale, w->z + at, w->q + at, gradient + at, image);
            w->eta[k] = descent_eta(&scale);
        }
        descent_move(w->z + at, w->q + at, gradient + at, image,
                     w->eta[k] * descent_share(t, REFINED_PASSES));
    }
}

static void count(const refined *r, const refined_worker *w, size_t rows, float *counts)
{
    const size_t depth = (size_t)books_depth(&r->b), k = (size_t)r->b.k;
    for (size_t i = 0; i < rows * depth; i++)
        counts[i % depth * k + (size_t)w->code[i]] += 1;
}

/* Fill the decoder's input for the pixels that are there. */
static void prepare(void *user, int worker, run *to)
{
    const refined *r = user;
    refined_worker *w = &r->each[worker];
    const float *pixels = run_y(to, r->to.pixels);
    const size_t rows = rows_of(r, to->n), values = rows * books_width(&r->b);
    w->rows.n = w->probe.n = to->n;
    memcpy(run_y(&w->rows, r->from.input), pixels,
           run_count(to, r->to.pixels) * sizeof *pixels);
    graph_forward(&w->rows);
    memcpy(w->z, run_y(&w->rows, r->from.output), values * sizeof *w->z);
    network_bound_rows(r->net, w->z, rows);
    quantize(r, w, rows);
    for (int t = 0; t < REFINED_PASSES; t++) {
        look(r, w, pixels);
        pass(r, w, t);
        quantize(r, w, rows);
    }
    memcpy(run_y(to, r->to.input), w->q, values * sizeof *w->q);
    count(r, w, rows, run_gradient(to, r->net->ema_count));
}

/* ---- the whole ---- */

vq_status refined_open(refined *r, network *net, int side, double variance,
                       vq_error *err)
{
    const vq_config *c = &net->config;
    const int codes = network_codes(net, side),
              images = shard_images((int64_t)side * side);
    vq_status status;
    *r = (refined){
        .net = net, .b = network_books(c), .threads = parallel_threads(c->threads)};
    r->from = network_rows_graph(net, &r->encoder, side, side);
    TRY(graph_plan(&r->encoder, images, GRAPH_INFER, err));
    r->probe = network_decoder_graph(net, &r->back, codes, codes);
    r->probe.input->needs_dy = true;
    TRY(graph_plan(&r->back, images, GRAPH_PROBE, err));
    r->to = network_decoder_train_graph(net, &r->decoder, side, side, variance);
    TRY(graph_plan(&r->decoder, images, GRAPH_TRAIN, err));
    TRY(take_memory(r, images, err));
    for (int i = 0; i < r->threads; i++) {
        TRY(run_init(&r->each[i].rows, &r->encoder, err));
        r->each[i].rows.packed = r->packed[0];
        TRY(run_init(&r->each[i].probe, &r->back, err));
        r->each[i].probe.packed = r->packed[1];
    }
    TRY(stepper_init(&r->step, &r->decoder, &net->p, c->batch_size, c->threads, err));
    r->step.prepare = prepare;
    r->step.prepare_user = r;
    r->step.first = net->decoder_first.weight;
out:
    return status;
}

void refined_close(refined *r)
{
    for (int i = 0; r->each && i < r->threads; i++) {
        run_release(&r->each[i].rows);
        run_release(&r->each[i].probe);
    }
    stepper_release(&r->step);
    arena_release(&r->memory);
    r->each = NULL;
}

static vq_status pack(void *user, int i, int worker, vq_error *err)
{
    refined *r = user;
    (void)worker, (void)err;
    if (i < r->encoder.n_nodes)
        graph_pack(&r->encoder, i, i + 1, r->packed[0]);
    else
        graph_pack(&r->back, i - r->encoder.n_nodes, i - r->encoder.n_nodes + 1,
                   r->packed[1]);
    return VQ_OK;
}

vq_status refined_gradients(refined *r, shard_loader load, void *user,
                            double loss[LOSS_PARTS], vq_error *err)
{
    vq_status status;
    TRY(parallel_for(r->threads, r->encoder.n_nodes + r->back.n_nodes, pack, r, err));
    TRY(stepper_gradients(&r->step, r->to.pixels, load, user, loss, err));
out:
    return status;
}
