/* SPDX-License-Identifier: MIT */
#include "train/kmeans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "autograd/unit.h"
#include "base/arena.h"
#include "base/parallel.h"
#include "tensor/nearest.h"

#define CHUNK 1024 /* rows that a worker assigns at a time */

void kmeans_draw(rng *r, int32_t *pick, uint32_t n, uint32_t of)
{
    for (uint32_t i = 0; i < of; i++)
        pick[i] = (int32_t)i;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t j = i + rng_below(r, of - i);
        int32_t at = pick[j];
        pick[j] = pick[i];
        pick[i] = at;
    }
}

typedef struct job {
    const kmeans *km;
    float *scratch; /* [threads, each] */
    size_t each;
} job;

static vq_status assign_chunk(void *user, int i, int worker, vq_error *err)
{
    const job *j = user;
    const kmeans *km = j->km;
    size_t first = (size_t)i * CHUNK, left = km->n - first;
    (void)err;
    nearest_code(km->rows + first * (size_t)km->d, (int)(left < CHUNK ? left : CHUNK),
                 km->codes, km->k, km->d, km->index + first,
                 j->scratch + (size_t)worker * j->each);
    return VQ_OK;
}

static void assign(const kmeans *km, job *j)
{
    parallel_for(km->threads, (int)((km->n + CHUNK - 1) / CHUNK), assign_chunk, j,
                 NULL);
    memset(km->count, 0, (size_t)km->k * sizeof *km->count);
    for (size_t i = 0; i < km->n; i++)
        km->count[km->index[i]] += 1;
}

/* Codes to the means of their rows; sums in row order, whatever the threads. */
static void average(const kmeans *km, double *sum)
{
    size_t d = (size_t)km->d;
    memset(sum, 0, (size_t)km->k * d * sizeof *sum);
    for (size_t i = 0; i < km->n; i++)
        for (size_t j = 0; j < d; j++)
            sum[(size_t)km->index[i] * d + j] += (double)km->rows[i * d + j];
    for (size_t k = 0; k < (size_t)km->k; k++) {
        if (!(km->count[k] > 0))
            continue;
        for (size_t j = 0; j < d; j++)
            km->codes[k * d + j] = (float)(sum[k * d + j] / (double)km->count[k]);
        if (km->unit)
            unit_direction(km->codes + k * d, km->codes + k * d, d);
    }
}

vq_status kmeans_run(const kmeans *km, rng *r, vq_error *err)
{
    vq_status status = VQ_OK;
    size_t d = (size_t)km->d, k = (size_t)km->k;
    size_t each = arena_round(nearest_scratch(km->k, km->d) * sizeof(float));
    size_t sums = arena_round(k * d * sizeof(double));
    int32_t *pick = malloc(km->n * sizeof *pick);
    arena memory = {0};
    if (!pick)
        TRY(vq_fail_memory(err, km->n * sizeof *pick));
    TRY(arena_init(&memory, (size_t)km->threads * each + sums, err));
    double *sum = arena_take(&memory, sums);
    job j = {km, arena_take(&memory, (size_t)km->threads * each), each / sizeof(float)};
    kmeans_draw(r, pick, (uint32_t)(k < km->n ? k : km->n), (uint32_t)km->n);
    for (size_t i = 0; i < k; i++)
        memcpy(km->codes + i * d, km->rows + (size_t)pick[i % km->n] * d,
               d * sizeof(float));
    for (int i = 0; i < km->iterations; i++) {
        assign(km, &j);
        average(km, sum);
    }
    assign(km, &j);
out:
    arena_release(&memory);
    free(pick);
    return status;
}
