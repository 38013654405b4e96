/* SPDX-License-Identifier: MIT */
#include "prior/draw.h"

#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "base/rng.h"

#define GROUP 32 /* pictures that a worker draws side by side, at most */

typedef struct worker {
    columns c;
    uint64_t *scratch; /* owned */
} worker;

typedef struct job {
    const columns_net *cn;
    const drawing *d;
    int32_t *codes;
    int group;
    worker *workers;
} job;

static size_t picture_size(const job *j)
{
    return (size_t)j->d->h * (size_t)j->d->w * (size_t)j->cn->net->shape.books;
}

/* The code of picture `image` at index `at` of its grid. */
static int32_t draw_one(const job *j, worker *w, const float *logits, int image,
                        size_t at)
{
    rng r = rng_make(j->d->seed, RNG_PRIOR, (uint32_t)image);
    r.position = at;
    return cuts_draw(&j->d->cuts, logits, j->cn->net->shape.codes, rng_u32(&r),
                     w->scratch);
}

/* All books of one position of the pictures [first, first + n). */
static void draw_position(const job *j, worker *w, int first, int row, int column)
{
    const int books_n = j->cn->net->shape.books;
    size_t pixel = (size_t)row * (size_t)j->d->w + (size_t)column;
    size_t picture = picture_size(j), k = (size_t)j->cn->net->shape.codes;
    bool kept = j->d->keep && j->d->keep[pixel];
    columns_position(&w->c, column);
    for (int b = 0; b < books_n; b++) {
        size_t at = pixel * (size_t)books_n + (size_t)b;
        int32_t *to = j->codes + (size_t)first * picture + at;
        const float *logits = kept ? NULL : columns_logits(&w->c, b);
        for (int i = 0; i < w->c.n; i++)
            to[(size_t)i * picture] =
                kept ? j->d->given[(size_t)(first + i) * picture + at]
                     : draw_one(j, w, logits + (size_t)i * k, first + i, at);
        columns_put(&w->c, b, to, picture);
    }
}

static vq_status draw_group(void *user, int i, int worker_i, vq_error *err)
{
    const job *j = user;
    worker *w = &j->workers[worker_i];
    int first = i * j->group, left = j->d->n - first;
    columns_begin(&w->c, left < j->group ? left : j->group,
                  j->d->label ? j->d->label + first : NULL);
    for (int row = 0; row < j->d->h; row++) {
        if (j->d->stop && j->d->stop(j->d->user))
            return vq_fail(err, VQ_ESTOPPED, "stopped");
        columns_row(&w->c, row);
        for (int column = 0; column < j->d->w; column++)
            draw_position(j, w, first, row, column);
    }
    return columns_check(&w->c, err);
}

vq_status prior_draw(const columns_net *cn, const drawing *d, int32_t *codes,
                     vq_error *err)
{
    vq_status status = VQ_OK;
    int threads = parallel_threads(d->threads);
    int group = (d->n + threads - 1) / threads;
    group = group < GROUP ? group : GROUP;
    size_t scratch = cuts_scratch(cn->net->shape.codes) * sizeof(uint64_t);
    job j = {.cn = cn, .d = d, .codes = codes, .group = group};
    j.workers = calloc((size_t)threads, sizeof *j.workers);
    if (!j.workers)
        return vq_fail_memory(err, (size_t)threads * sizeof *j.workers);
    for (int i = 0; i < threads; i++) {
        TRY(columns_init(&j.workers[i].c, cn, group, d->h, d->w, err));
        j.workers[i].scratch = malloc(scratch);
        if (!j.workers[i].scratch)
            TRY(vq_fail_memory(err, scratch));
    }
    TRY(parallel_for(threads, (d->n + group - 1) / group, draw_group, &j, err));
out:
    for (int i = 0; i < threads; i++) {
        columns_release(&j.workers[i].c);
        free(j.workers[i].scratch);
    }
    free(j.workers);
    return status;
}
