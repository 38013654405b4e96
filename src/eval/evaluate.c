/*
 * SPDX-License-Identifier: MIT
 *
 * vq_evaluate: how well a model reconstructs a whole split. Images come in chunks of
 * one size, pictures whole and one by one; within a chunk reading and measuring run one
 * image a worker, and everything is summed in image order, so the figures are the same
 * at any number of threads. Tested in tests/eval/test_evaluate.c.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/file.h"
#include "base/parallel.h"
#include "codec/model.h"
#include "data/variance.h"
#include "eval/atlas.h"
#include "eval/gallery.h"
#include "eval/targets.h"
#include "image/metrics.h"
#include "io/codes.h"

#define CHUNK 512 /* images of one size, */
/* and of so many pixels a worker, 19 MB, so that all have a picture to read and to
 * measure; or one that has more. */
#define WORKER_PIXELS (1 << 20)

/* What one image adds. */
typedef struct image_scores {
    double squared; /* sum over samples, pixels in [0,1] */
    uint64_t error; /* sum over samples of 8-bit pixels */
    double ssim, ssim_luma;
} image_scores;

typedef struct evaluation {
    dataset data;
    int64_t first;        /* image of the chunk */
    int n, height, width; /* of the images in the chunk */
    int h, w;             /* codes of each */
    int full_w;           /* pixels of a decoded row: width, filled up to codes */
    unsigned char *rgb;   /* [n,height,width,3] */
    unsigned char *made;  /* [n, scale h, scale w, 3] */
    float *unit;          /* the same */
    int32_t *index;       /* [n,h,w,depth] */
    image_scores scores[CHUNK];
    ssim *ssims; /* [threads], for height x width */
    int threads;
    arena memory;

    int depth;           /* codes of a position */
    double *count;       /* [depth,K] */
    double *image_error; /* [images] mean squared error of 8-bit samples */
    double squared, psnr, ssim_sum, luma_sum, seconds, codes, pixels;
    uint64_t error;
} evaluation;

/* How many images from `first` on make a chunk: of one size, which is given back. */
static int chunk_images(const evaluation *e, int64_t first, int *height, int *width)
{
    const dataset *ds = &e->data;
    const int64_t most = (int64_t)e->threads * WORKER_PIXELS;
    int n = 1, h, w;
    dataset_size(ds, first, height, width);
    int64_t pixels = (int64_t)*height * *width;
    for (; n < CHUNK && first + n < ds->n && (n + 1) * pixels <= most; n++) {
        dataset_size(ds, first + n, &h, &w);
        if (h != *height || w != *width)
            break;
    }
    return n;
}

/* The most pixels and the most codes that a chunk has. */
static void measure_chunks(const evaluation *e, const network *net, size_t *pixels,
                           size_t *codes)
{
    *pixels = *codes = 0;
    for (int64_t i = 0; i < e->data.n;) {
        int height, width, n = chunk_images(e, i, &height, &width);
        size_t p = (size_t)n * height * width;
        size_t c =
            (size_t)n * network_codes(net, height) * (size_t)network_codes(net, width);
        *pixels = p > *pixels ? p : *pixels;
        *codes = c > *codes ? c : *codes;
        i += n;
    }
}

static vq_status evaluation_open(evaluation *e, vq_model *m, vq_error *err)
{
    size_t read, codes;
    e->threads = parallel_threads(m->threads);
    measure_chunks(e, &m->net, &read, &codes);
    const size_t scale = (size_t)m->net.config.downsample;
    const size_t pixels = codes * scale * scale * 3;
    const books b = network_books(&m->net.config);
    e->depth = books_depth(&b);
    size_t bytes[] = {3 * read,
                      pixels,
                      pixels * sizeof(float),
                      codes * (size_t)e->depth * sizeof(int32_t),
                      (size_t)e->depth * (size_t)b.k * sizeof(double),
                      (size_t)e->data.n * sizeof(double),
                      0};
    vq_status status;
    bytes[6] = (size_t)e->threads * sizeof(ssim);
    size_t total = 0;
    for (size_t i = 0; i < 7; i++)
        total += arena_round(bytes[i]);
    TRY(arena_init(&e->memory, total, err));
    e->rgb = arena_take(&e->memory, bytes[0]);
    e->made = arena_take(&e->memory, bytes[1]);
    e->unit = arena_take(&e->memory, bytes[2]);
    e->index = arena_take(&e->memory, bytes[3]);
    e->count = arena_take(&e->memory, bytes[4]);
    e->image_error = arena_take(&e->memory, bytes[5]);
    e->ssims = arena_take(&e->memory, bytes[6]);
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
    (void)worker;
    return dataset_read(&e->data, e->first + i,
                        e->rgb + (size_t)3 * i * e->height * e->width, err);
}

/* Bring in the next images, all of one size, and make ready to measure them. */
static vq_status next_chunk(evaluation *e, const network *net, vq_error *err)
{
    vq_status status;
    int height, width;
    e->n = chunk_images(e, e->first, &height, &width);
    for (int i = 0; i < e->threads && (height != e->height || width != e->width); i++) {
        ssim_release(&e->ssims[i]);
        TRY(ssim_init(&e->ssims[i], width, height, err));
    }
    e->height = height;
    e->width = width;
    e->h = network_codes(net, height);
    e->w = network_codes(net, width);
    e->full_w = e->w * net->config.downsample;
    TRY(parallel_for(e->threads, e->n, read_one, e, err));
out:
    return status;
}

static vq_status measure_one(void *user, int i, int worker, vq_error *err)
{
    evaluation *e = user;
    size_t row = (size_t)e->width * 3, full_row = (size_t)e->full_w * 3;
    size_t full_height = (size_t)e->h * (size_t)(e->full_w / e->w);
    size_t at = (size_t)i * full_height * full_row;
    const unsigned char *was = e->rgb + (size_t)i * e->height * row;
    image_scores *s = &e->scores[i];
    ssim *quality = &e->ssims[worker];
    (void)err;
    *s = (image_scores){0};
    ssim_restart(quality);
    for (int y = 0; y < e->height; y++, was += row, at += full_row) {
        for (size_t k = 0; k < row; k++) {
            double d = (double)e->unit[at + k] - was[k] / 255.0;
            s->squared += d * d;
        }
        s->error += squared_error(was, e->made + at, row);
        ssim_push(quality, was, e->made + at);
    }
    s->ssim = ssim_mean(quality);
    s->ssim_luma = ssim_luma(quality);
    return VQ_OK;
}

/* Tell the watch how much there is to do. */
static void begin(const evaluation *e, vq_model *m)
{
    double codes = 0;
    for (int64_t i = 0; i < e->data.n; i++) {
        int height, width;
        dataset_size(&e->data, i, &height, &width);
        codes += model_codes(m, 1, height, width);
    }
    model_begin(m, codes, codes);
}

/* Tell the caller of the images of the chunk, which are measured. */
static vq_status tell(const evaluation *e, const vq_eval_pictures *p, vq_error *err)
{
    char name[VQ_PATH_MAX];
    for (int i = 0; p->each && i < e->n; i++) {
        const int64_t image = e->first + i;
        const image_scores *s = &e->scores[i];
        const int label = dataset_label(&e->data, image);
        dataset_image_name(&e->data, image, name);
        const vq_image_scores one = {
            .image = image,
            .name = name,
            .label = label,
            .class_name = label < 0 ? NULL : dataset_class_name(&e->data, label),
            .height = e->height,
            .width = e->width,
            .mse = s->squared / (3.0 * e->height * e->width),
            .psnr = psnr_of(e->image_error[image]),
            .ssim = s->ssim,
            .ssim_luma = s->ssim_luma};
        if (p->each(&one, p->user) != 0)
            return vq_fail(err, VQ_ESTOPPED, "stopped");
    }
    return VQ_OK;
}

/* Encode and decode the chunk, timed, then measure and add it. */
static vq_status run_chunk(evaluation *e, codec *c, vq_error *err)
{
    vq_status status;
    TRY(next_chunk(e, c->net, err));
    double start = clock_seconds();
    TRY(codec_encode(c, e->rgb, e->n, e->height, e->width, e->index, err));
    codec_codes_view v = {
        .index = e->index, .n = e->n, .h = e->h, .w = e->w, .row1 = e->h};
    TRY(codec_decode(c, v, e->made, e->unit, err));
    e->seconds += clock_seconds() - start;
    TRY(parallel_for(e->threads, e->n, measure_one, e, err));

    double pixels = (double)e->height * e->width;
    for (int i = 0; i < e->n; i++) {
        e->squared += e->scores[i].squared;
        e->error += e->scores[i].error;
        e->ssim_sum += e->scores[i].ssim;
        e->luma_sum += e->scores[i].ssim_luma;
        e->image_error[e->first + i] = (double)e->scores[i].error / (3 * pixels);
        e->psnr += psnr_of(e->image_error[e->first + i]);
    }
    e->pixels += e->n * pixels;
    int64_t codes = (int64_t)e->n * e->h * e->w;
    e->codes += (double)codes;
    for (int64_t i = 0; i < codes * e->depth; i++)
        e->count[i % e->depth * c->net->config.codes + e->index[i]]++;
out:
    return status;
}

static vq_status write_extremes(evaluation *e, codec *c, bool worst, const char *path,
                                vq_error *err)
{
    char heading[96], images[32];
    gallery g = {.error = e->image_error, .heading = heading};
    g.n = gallery_pick(e->image_error, e->data.n, worst, g.image);
    decimal_grouped(e->data.n, images);
    snprintf(heading, sizeof heading, "%s PSNR of %s: original, reconstruction",
             worst ? "lowest" : "highest", images);
    return gallery_write(&e->data, c, &g, path, err);
}

static vq_status write_pictures(evaluation *e, codec *c, const vq_eval_pictures *p,
                                vq_error *err)
{
    vq_status status = VQ_OK;
    if (p->worst)
        TRY(write_extremes(e, c, true, p->worst, err));
    if (p->best)
        TRY(write_extremes(e, c, false, p->best, err));
    if (p->atlas)
        TRY(atlas_write(c, e->count, p->atlas, err));
    if (p->count)
        memcpy(p->count, e->count,
               (size_t)e->depth * (size_t)c->net->config.codes * sizeof *p->count);
out:
    return status;
}

static void summarize(const evaluation *e, const vq_model *m, double variance,
                      vq_scores *s)
{
    double n = (double)e->data.n, samples = 3 * e->pixels;
    *s = (vq_scores){.images = e->data.n};
    s->mse = e->squared / samples;
    s->nmse = s->mse / variance;
    s->psnr = psnr_of((double)e->error / samples);
    s->psnr_mean = e->psnr / n;
    s->ssim = e->ssim_sum / n;
    s->ssim_luma = e->luma_sum / n;
    const int k = m->net.config.codes;
    for (int book = 0; book < e->depth; book++) {
        double entropy = 0;
        for (int i = 0; i < k; i++) {
            double count = e->count[(size_t)book * k + i], p = count / e->codes;
            entropy -= p > 0 ? p * log(p) : 0;
            s->codes_used += count > 0;
        }
        s->perplexity += exp(entropy) / e->depth;
    }
    s->bpp = e->codes * e->depth * codes_bits(k) / e->pixels;
    s->images_per_s = e->seconds > 0 ? n / e->seconds : 0;
}

vq_status vq_evaluate(vq_model *m, const char *data, const char *data_dir,
                      const char *split, vq_scores *scores, vq_error *err)
{
    const vq_eval_pictures none = {0};
    return vq_evaluate_pictures(m, data, data_dir, split, &none, scores, err);
}

vq_status vq_evaluate_pictures(vq_model *m, const char *data, const char *data_dir,
                               const char *split, const vq_eval_pictures *pictures,
                               vq_scores *scores, vq_error *err)
{
    vq_status status;
    codec *c;
    evaluation *e = calloc(1, sizeof *e);
    if (!e)
        return vq_fail_memory(err, sizeof *e);
    source_request r = {.data = data,
                        .data_dir = data_dir,
                        .most = pictures->most,
                        .threads = m->threads};
    TRY(targets_check(pictures, err)); /* scores take minutes */
    TRY(split_parse(&r.split, split, err));
    TRY(dataset_open(&e->data, &r, err));
    TRY(targets_check_apart(pictures, &e->data, data, err));
    double variance = m->facts.variance;
    if (!(variance > 0))
        TRY(variance_measure(&e->data, m->threads, NULL, NULL, &variance, err));
    TRY(model_codec(m, &c, err));
    TRY(evaluation_open(e, m, err));
    begin(e, m);
    for (; e->first < e->data.n; e->first += e->n) {
        TRY(run_chunk(e, c, err));
        TRY(tell(e, pictures, err));
    }
    TRY(write_pictures(e, c, pictures, err));
    summarize(e, m, variance, scores);
out:
    evaluation_close(e);
    free(e);
    return status;
}
