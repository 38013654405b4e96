/* SPDX-License-Identifier: MIT */
#include "data/variance.h"

#include <stdlib.h>

#include "base/parallel.h"

#define BATCH 4096                       /* pictures between two words to the watch, */
#define BATCH_PIXELS ((int64_t)16 << 20) /* or so many pixels */
#define PART 16                          /* pictures that a worker takes at a time */

/* Exact sums over bytes: below 2^63 for 10^14 of them, which is 300 TB. */
typedef struct sums {
    int64_t n, sum, squares;
} sums;

typedef struct survey {
    const dataset *ds;
    int64_t stride;          /* every so manieth picture is read */
    int64_t first;           /* of the batch */
    int n;                   /* pictures of the batch that are read */
    sums part[BATCH / PART]; /* of the batch */
} survey;

/*
 * As much at a time as its sums fit 32 bits (4096 * 255^2 < 2^29); with them the
 * compiler vectorises the loop.
 */
static void sums_add(sums *s, const unsigned char *bytes, int64_t n)
{
    enum { SHORT = 4096 };
    s->n += n;
    for (int64_t at = 0; at < n; at += SHORT) {
        int part = n - at < SHORT ? (int)(n - at) : SHORT;
        uint32_t sum = 0, squares = 0;
        for (int i = 0; i < part; i++) {
            uint32_t x = bytes[at + i];
            sum += x;
            squares += x * x;
        }
        s->sum += sum;
        s->squares += squares;
    }
}

/* A parallel_body. */
static vq_status add_part(void *user, int part, int worker, vq_error *err)
{
    survey *v = user;
    const int first = part * PART, last = first + PART < v->n ? first + PART : v->n;
    vq_status status = VQ_OK;
    unsigned char *rgb = NULL;
    size_t room = 0;
    (void)worker;
    v->part[part] = (sums){0};
    for (int k = first; k < last; k++) {
        const int64_t i = v->first + k * v->stride;
        int height, width;
        dataset_size(v->ds, i, &height, &width);
        size_t size = (size_t)3 * height * width;
        if (size > room) {
            free(rgb);
            rgb = malloc(room = size);
            if (!rgb)
                return vq_fail_memory(err, size);
        }
        TRY(dataset_read(v->ds, i, rgb, err));
        sums_add(&v->part[part], rgb, (int64_t)size);
    }
out:
    free(rgb);
    return status;
}

/* How many pictures from v->first on make a batch. */
static int batch_size(const survey *v)
{
    int64_t pixels = 0;
    int n = 0;
    for (; n < BATCH && pixels < BATCH_PIXELS; n++) {
        const int64_t i = v->first + n * v->stride;
        int height, width;
        if (i >= v->ds->n)
            break;
        dataset_size(v->ds, i, &height, &width);
        pixels += (int64_t)height * width;
    }
    return n;
}

/*
 * About the integer c next to the mean everything but the last step stays exact:
 * sum((x-c)^2) = squares - 2c sum + c^2 n. Images of one colour have exactly 0.
 */
static double sums_variance(const sums *s)
{
    int64_t c = s->sum / s->n;
    int64_t squares = s->squares - 2 * c * s->sum + c * c * s->n;
    double mean = (double)(s->sum - c * s->n) / (double)s->n;
    return ((double)squares / (double)s->n - mean * mean) / (255.0 * 255.0);
}

vq_status variance_measure(const dataset *ds, int threads, data_watch watch, void *user,
                           double *variance, vq_error *err)
{
    sums all = {0};
    vq_status status = VQ_OK;
    survey *v = calloc(1, sizeof *v);
    if (!v)
        return vq_fail_memory(err, sizeof *v);
    v->ds = ds;
    v->stride = (ds->pixels + SOURCE_EXACT_PIXELS - 1) / SOURCE_EXACT_PIXELS;
    while (v->first < ds->n) {
        if (watch && watch(user, v->first, ds->n)) {
            status = listing_stopped(err);
            goto out;
        }
        v->n = batch_size(v);
        const int parts = (v->n + PART - 1) / PART;
        TRY(parallel_for(parallel_threads(threads), parts, add_part, v, err));
        for (int part = 0; part < parts; part++) {
            all.n += v->part[part].n;
            all.sum += v->part[part].sum;
            all.squares += v->part[part].squares;
        }
        v->first += v->n * v->stride;
    }
    *variance = sums_variance(&all);
out:
    free(v);
    return status;
}
