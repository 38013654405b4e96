/* SPDX-License-Identifier: MIT */
#include "data/variance.h"

#include <stdlib.h>

#include "base/parallel.h"

#define BLOCK 256 /* pictures that a worker takes at a time */

/* Exact sums over bytes: below 2^63 for 10^14 of them, which is 300 TB. */
typedef struct sums {
    int64_t n, sum, squares;
} sums;

typedef struct survey {
    const dataset *ds;
    sums *block; /* of each BLOCK pictures */
} survey;

/*
 * As much at a time as its sums fit 32 bits (4096 * 255^2 < 2^29); with them the
 * compiler vectorises the loop.
 */
static void sums_add(sums *s, const unsigned char *bytes, int64_t n)
{
    enum { PART = 4096 };
    s->n += n;
    for (int64_t at = 0; at < n; at += PART) {
        int part = n - at < PART ? (int)(n - at) : PART;
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
static vq_status add_block(void *user, int b, int worker, vq_error *err)
{
    survey *v = user;
    const dataset *ds = v->ds;
    const int64_t first = (int64_t)b * BLOCK;
    const int64_t last = first + BLOCK < ds->n ? first + BLOCK : ds->n;
    vq_status status = VQ_OK;
    unsigned char *rgb = NULL;
    size_t room = 0;
    (void)worker;
    for (int64_t i = first; i < last; i++) {
        int height, width;
        dataset_size(ds, i, &height, &width);
        size_t size = (size_t)3 * height * width;
        if (size > room) {
            free(rgb);
            rgb = malloc(room = size);
            if (!rgb)
                return vq_fail_memory(err, size);
        }
        TRY(dataset_read(ds, i, rgb, err));
        sums_add(&v->block[b], rgb, (int64_t)size);
    }
out:
    free(rgb);
    return status;
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

vq_status variance_measure(const dataset *ds, int threads, double *variance,
                           vq_error *err)
{
    const int64_t n_blocks = (ds->n + BLOCK - 1) / BLOCK;
    survey v = {ds, calloc((size_t)n_blocks, sizeof *v.block)};
    sums all = {0};
    if (!v.block)
        return vq_fail_memory(err, (size_t)n_blocks * sizeof *v.block);
    vq_status status =
        parallel_for(parallel_threads(threads), (int)n_blocks, add_block, &v, err);
    for (int64_t b = 0; b < n_blocks; b++) {
        all.n += v.block[b].n;
        all.sum += v.block[b].sum;
        all.squares += v.block[b].squares;
    }
    if (status == VQ_OK)
        *variance = sums_variance(&all);
    free(v.block);
    return status;
}
