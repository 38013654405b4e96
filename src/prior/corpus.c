/* SPDX-License-Identifier: MIT */
#include "prior/corpus.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "data/augment.h"
#include "network/network.h"

#define CHUNK 512 /* pictures in memory at once */

static size_t grid(const corpus *c)
{
    return (size_t)c->h * (size_t)c->w * (size_t)c->n_books;
}

const int32_t *corpus_codes(const corpus *c, int64_t i)
{
    return c->codes + (size_t)i * grid(c);
}

int corpus_label(const corpus *c, int64_t i)
{
    return c->label[i % c->pictures];
}

void corpus_release(corpus *c)
{
    free(c->codes);
    free(c->label);
    *c = (corpus){0};
}

/* ---- encoding ---------------------------------------------------------------------
 */

typedef struct encoder {
    corpus *c;
    const corpus_request *r;
    codec *codec;
    dataset *ds;
    int height, width;
    bool whole;         /* pictures, not samples of them */
    int64_t first;      /* picture of the chunk at hand */
    unsigned char *rgb; /* [CHUNK,height,width,3]; owned */
} encoder;

static vq_status name_classes(corpus *c, const dataset *ds, vq_error *err)
{
    size_t used = 0;
    c->classes = dataset_classes(ds);
    for (int k = 0; k < c->classes; k++) {
        const char *name = dataset_class_name(ds, k);
        int n = snprintf(c->names + used, sizeof c->names - used, "%s%s",
                         k > 0 ? "," : "", name);
        if (n < 0 || (size_t)n >= sizeof c->names - used || strchr(name, ','))
            return vq_fail(err, VQ_EINPUT,
                           "'%s': the class names are too long, or hold a comma",
                           ds->name);
        used += (size_t)n;
    }
    return VQ_OK;
}

/* Sizes and memory. */
static vq_status prepare(encoder *e, const network *net, vq_error *err)
{
    corpus *c = e->c;
    vq_status status = VQ_OK;
    e->whole = dataset_one_size(e->ds, &e->height, &e->width);
    if (!e->whole)
        e->height = e->width = e->r->side;
    c->pictures = e->whole ? e->ds->n : dataset_samples(e->ds);
    c->n = e->r->mirror ? 2 * c->pictures : c->pictures;
    c->h = network_codes(net, e->height);
    c->w = network_codes(net, e->width);
    c->n_books = network_depth(&net->config);
    c->k = net->config.codes;
    TRY(name_classes(c, e->ds, err));
    c->codes = malloc((size_t)c->n * grid(c) * sizeof *c->codes);
    c->label = malloc((size_t)c->pictures * sizeof *c->label);
    e->rgb = malloc((size_t)CHUNK * (size_t)e->height * (size_t)e->width * 3);
    if (!c->codes || !c->label || !e->rgb)
        TRY(vq_fail_memory(err, (size_t)c->n * grid(c) * sizeof *c->codes));
out:
    return status;
}

/* The i-th picture of the chunk to rgb, and its class. */
static vq_status read_one(void *user, int i, int worker, vq_error *err)
{
    const encoder *e = user;
    const int64_t at = e->first + i, picture = at % e->ds->n;
    unsigned char *to = e->rgb + (size_t)i * (size_t)e->height * (size_t)e->width * 3;
    rng r = rng_make(e->r->seed, RNG_CROP, 0);
    r.position = (uint64_t)at * 16;
    (void)worker;
    e->c->label[at] = e->c->classes ? dataset_label(e->ds, picture) : -1;
    return e->whole ? dataset_read(e->ds, picture, to, err)
                    : dataset_sample(e->ds, picture, &r, to, err);
}

static vq_status encode_chunk(encoder *e, int64_t first, int n, vq_error *err)
{
    corpus *c = e->c;
    size_t size = (size_t)e->height * (size_t)e->width * 3;
    vq_status status;
    e->first = first;
    TRY(parallel_for(parallel_threads(e->r->threads), n, read_one, e, err));
    TRY(codec_encode(e->codec, e->rgb, n, e->height, e->width,
                     c->codes + (size_t)first * grid(c), err));
    if (!e->r->mirror)
        return VQ_OK;
    for (int i = 0; i < n; i++)
        augment_flip(e->rgb + (size_t)i * size, e->height, e->width);
    TRY(codec_encode(e->codec, e->rgb, n, e->height, e->width,
                     c->codes + (size_t)(c->pictures + first) * grid(c), err));
out:
    return status;
}

/* Of pictures of several sizes, those that a sample fits into. */
static vq_status open_pictures(dataset *ds, const corpus_request *r, vq_error *err)
{
    int height, width;
    source_request request = {.data = r->data,
                              .data_dir = r->data_dir,
                              .split = r->split,
                              .cache = r->cache,
                              .bad = r->bad,
                              .threads = r->threads};
    vq_status status = dataset_open(ds, &request, err);
    if (status != VQ_OK || dataset_one_size(ds, &height, &width))
        return status;
    dataset_close(ds);
    request.side = r->side;
    return dataset_open(ds, &request, err);
}

/* A vq_work_fn: the share of the codes that are made, told in pictures. */
static int tell(double done, void *user)
{
    const encoder *e = user;
    int64_t pictures = (int64_t)(done * (double)e->c->pictures);
    return e->r->watch(e->r->user, pictures, e->c->pictures);
}

vq_status corpus_open(corpus *c, vq_model *model, const corpus_request *r,
                      vq_error *err)
{
    vq_status status;
    encoder e = {.c = c, .r = r};
    *c = (corpus){0};
    e.ds = calloc(1, sizeof *e.ds);
    if (!e.ds)
        return vq_fail_memory(err, sizeof *e.ds);
    TRY(open_pictures(e.ds, r, err));
    TRY(prepare(&e, &model->net, err));
    TRY(model_codec(model, &e.codec, err));
    if (r->watch)
        vq_model_set_work(model, tell, &e);
    model_begin(model, model_codes(model, c->n, e.height, e.width), 0);
    for (int64_t first = 0; first < c->pictures; first += CHUNK) {
        int64_t left = c->pictures - first;
        TRY(encode_chunk(&e, first, left < CHUNK ? (int)left : CHUNK, err));
    }
out:
    if (r->watch)
        vq_model_set_work(model, NULL, NULL);
    free(e.rgb);
    dataset_close(e.ds);
    free(e.ds);
    if (status != VQ_OK)
        corpus_release(c);
    return status;
}

double corpus_order0(const corpus *c)
{
    double bits = 0, total = (double)c->n * c->h * c->w;
    int64_t *count = calloc((size_t)c->k, sizeof *count);
    for (int b = 0; b < c->n_books && count; b++) {
        memset(count, 0, (size_t)c->k * sizeof *count);
        for (size_t i = (size_t)b; i < (size_t)c->n * grid(c); i += (size_t)c->n_books)
            count[c->codes[i]]++;
        for (int k = 0; k < c->k; k++)
            if (count[k] > 0)
                bits -= (double)count[k] / total * log2((double)count[k] / total);
    }
    double mean = count ? bits / c->n_books : (double)NAN;
    free(count);
    return mean;
}
