/*
 * SPDX-License-Identifier: MIT
 *
 * vq_evaluate: how well a model reconstructs a whole split. Images come in chunks;
 * within a chunk reading and measuring run one image a worker, and everything is summed
 * in image order, so the figures are the same at any number of threads. Tested in
 * tests/model/test_evaluate.c.
 */
#include <math.h>
#include <stdlib.h>

#include "autograd/parallel.h"
#include "base/clock.h"
#include "data/dataset.h"
#include "io/tokens.h"
#include "model/metrics.h"
#include "model/model.h"

#define CHUNK 512
#define SIDE DATASET_SIDE

/* What one image adds. */
typedef struct image_scores {
    double squared; /* sum over samples, pixels in [0,1] */
    uint64_t error; /* sum over samples of 8-bit pixels */
    double ssim;
} image_scores;

typedef struct evaluation {
    dataset data;
    int64_t first;             /* image of the chunk */
    int n;                     /* images in the chunk */
    unsigned char *rgb, *made; /* [CHUNK,32,32,3] */
    float *unit;               /* [CHUNK,32,32,3] */
    int32_t *index;            /* [CHUNK,h,w] */
    image_scores scores[CHUNK];
    ssim *ssims; /* [threads] */
    int threads;
    arena memory;

    double *count; /* [K] */
    double squared, psnr, ssim_sum, seconds;
    uint64_t error;
} evaluation;

static vq_status evaluation_open(evaluation *e, vq_model *m, vq_error *err)
{
    const size_t pixels = (size_t)CHUNK * DATASET_PIXELS;
    const int side = network_codes(&m->net, SIDE);
    size_t bytes[] = {pixels,
                      pixels,
                      pixels * sizeof(float),
                      (size_t)CHUNK * side * side * sizeof(int32_t),
                      (size_t)m->net.config.codes * sizeof(double),
                      0};
    vq_status status;
    e->threads = m->threads > 0 ? m->threads : parallel_processors();
    bytes[5] = (size_t)e->threads * sizeof(ssim);
    size_t total = 0;
    for (size_t i = 0; i < 6; i++)
        total += arena_round(bytes[i]);
    TRY(arena_init(&e->memory, total, err));
    e->rgb = arena_take(&e->memory, bytes[0]);
    e->made = arena_take(&e->memory, bytes[1]);
    e->unit = arena_take(&e->memory, bytes[2]);
    e->index = arena_take(&e->memory, bytes[3]);
    e->count = arena_take(&e->memory, bytes[4]);
    e->ssims = arena_take(&e->memory, bytes[5]);
    for (int i = 0; i < e->threads; i++)
        TRY(ssim_init(&e->ssims[i], SIDE, SIDE, err));
out:
    return status;
}

static void evaluation_close(evaluation *e)
{
    for (int i = 0; e->ssims && i < e->threads; i++)
        ssim_release(&e->ssims[i]);
    arena_release(&e->memory);
    dataset_close(&e->data);
}

static vq_status read_one(void *user, int i, int worker, vq_error *err)
{
    evaluation *e = user;
    unsigned char planar[DATASET_PIXELS];
    (void)worker;
    vq_status status = dataset_read(&e->data, e->first + i, planar, err);
    if (status == VQ_OK)
        dataset_interleave(planar, e->rgb + (size_t)i * DATASET_PIXELS);
    return status;
}

static vq_status measure_one(void *user, int i, int worker, vq_error *err)
{
    evaluation *e = user;
    size_t at = (size_t)i * DATASET_PIXELS;
    const unsigned char *was = e->rgb + at, *is = e->made + at;
    image_scores *s = &e->scores[i];
    ssim *quality = &e->ssims[worker];
    (void)err;
    s->squared = 0;
    for (size_t k = 0; k < DATASET_PIXELS; k++) {
        double d = (double)e->unit[at + k] - was[k] / 255.0;
        s->squared += d * d;
    }
    s->error = squared_error(was, is, DATASET_PIXELS);
    ssim_restart(quality);
    for (size_t y = 0; y < SIDE; y++)
        ssim_push(quality, was + y * SIDE * 3, is + y * SIDE * 3);
    s->ssim = ssim_mean(quality);
    return VQ_OK;
}

/* Encode and decode the chunk, timed, then measure and add it. */
static vq_status run_chunk(evaluation *e, codec *c, vq_error *err)
{
    const int side = network_codes(c->net, SIDE);
    vq_status status;
    TRY(parallel_for(e->threads, e->n, read_one, e, err));
    double start = clock_seconds();
    TRY(codec_encode(c, e->rgb, e->n, SIDE, SIDE, e->index, err));
    codec_codes_view v = {
        .index = e->index, .n = e->n, .h = side, .w = side, .row1 = side};
    TRY(codec_decode(c, v, e->made, e->unit, err));
    e->seconds += clock_seconds() - start;
    TRY(parallel_for(e->threads, e->n, measure_one, e, err));

    for (int i = 0; i < e->n; i++) {
        e->squared += e->scores[i].squared;
        e->error += e->scores[i].error;
        e->ssim_sum += e->scores[i].ssim;
        e->psnr += psnr_of((double)e->scores[i].error / DATASET_PIXELS);
    }
    for (int i = 0; i < e->n * side * side; i++)
        e->count[e->index[i]]++;
out:
    return status;
}

static void summarize(const evaluation *e, const vq_model *m, double variance,
                      vq_scores *s)
{
    double n = (double)e->data.n, samples = n * DATASET_PIXELS;
    double side = network_codes(&m->net, SIDE), codes = n * side * side, entropy = 0;
    *s = (vq_scores){.images = e->data.n};
    s->mse = e->squared / samples;
    s->nmse = s->mse / variance;
    s->psnr = psnr_of((double)e->error / samples);
    s->psnr_mean = e->psnr / n;
    s->ssim = e->ssim_sum / n;
    for (int k = 0; k < m->net.config.codes; k++) {
        double p = e->count[k] / codes;
        entropy -= p > 0 ? p * log(p) : 0;
        s->codes_used += e->count[k] > 0;
    }
    s->perplexity = exp(entropy);
    s->bpp = codes * tokens_bits(m->net.config.codes) / (n * SIDE * SIDE);
    s->images_per_s = e->seconds > 0 ? n / e->seconds : 0;
}

vq_status vq_evaluate(vq_model *m, const char *data, const char *data_dir,
                      const char *split, vq_scores *scores, vq_error *err)
{
    vq_status status;
    codec *c;
    evaluation *e = calloc(1, sizeof *e);
    if (!e)
        return vq_fail_memory(err, sizeof *e);
    TRY(dataset_open(&e->data, data, data_dir, split, err));
    double variance = m->facts.variance;
    if (!(variance > 0))
        TRY(dataset_variance(&e->data, &variance, err));
    TRY(model_codec(m, &c, err));
    TRY(evaluation_open(e, m, err));
    for (; e->first < e->data.n; e->first += e->n) {
        e->n = e->data.n - e->first < CHUNK ? (int)(e->data.n - e->first) : CHUNK;
        TRY(run_chunk(e, c, err));
    }
    summarize(e, m, variance, scores);
out:
    evaluation_close(e);
    free(e);
    return status;
}
