/* SPDX-License-Identifier: MIT */
#include "prior/score.h"

#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"

#define ROUND 1024 /* shards whose sums are kept at a time */

int score_shard(int h, int w)
{
    return shard_images((int64_t)h * w * 16);
}

vq_status score_open(scorer *s, const pixelcnn *net, int h, int w, int threads,
                     vq_error *err)
{
    vq_status status;
    *s = (scorer){.net = net, .h = h, .w = w, .threads = parallel_threads(threads)};
    s->nodes = pixelcnn_graph(net, &s->g, h, w, CONV_LOCAL, 0);
    TRY(graph_plan(&s->g, score_shard(h, w), GRAPH_INFER, err));
    size_t packed = arena_round(s->g.packed_floats * sizeof(float));
    TRY(arena_init(&s->memory, packed, err));
    s->packed = arena_take(&s->memory, packed);
    s->runs = calloc((size_t)s->threads, sizeof *s->runs);
    if (!s->runs)
        TRY(vq_fail_memory(err, (size_t)s->threads * sizeof *s->runs));
    for (int i = 0; i < s->threads; i++) {
        TRY(run_init(&s->runs[i], &s->g, err));
        s->runs[i].packed = s->packed;
    }
out:
    if (status != VQ_OK)
        score_close(s);
    return status;
}

void score_close(scorer *s)
{
    for (int i = 0; s->runs && i < s->threads; i++)
        run_release(&s->runs[i]);
    free(s->runs);
    arena_release(&s->memory);
    *s = (scorer){0};
}

void score_input(const prior_shape *shape, const int32_t *codes, int label,
                 size_t positions, float *x)
{
    const int n_books = shape->books;
    for (size_t p = 0; p < positions; p++) {
        for (int b = 0; b < n_books; b++)
            *x++ = (float)*codes++;
        if (shape->classes > 0)
            *x++ = (float)label;
    }
}

typedef struct job {
    scorer *s;
    int64_t first, n;
    score_grid grid;
    void *user;
    score *sums; /* [ROUND] */
} job;

static vq_status run_shard(void *user, int i, int worker, vq_error *err)
{
    const job *j = user;
    const prior_shape *shape = &j->s->net->shape;
    run *r = &j->s->runs[worker];
    const int shard = j->s->g.max_n;
    int64_t first = j->first + (int64_t)i * shard, left = j->n - first;
    size_t positions = (size_t)j->s->h * (size_t)j->s->w;
    (void)err;
    r->n = left < shard ? (int)left : shard;
    r->scale = 1;
    memset(r->loss, 0, sizeof r->loss);
    for (int k = 0; k < r->n; k++) {
        int label = 0;
        const int32_t *codes = j->grid(j->user, first + k, &label);
        score_input(shape, codes, label, positions,
                    run_y(r, j->s->nodes.input) +
                        (size_t)k * positions * (size_t)pixelcnn_channels(shape));
    }
    graph_forward(r);
    j->sums[i] = (score){r->loss[LOSS_NATS], r->loss[LOSS_HITS]};
    return VQ_OK;
}

score score_run(scorer *s, const float *values, int64_t n, score_grid grid, void *user)
{
    score sums[ROUND], all = {0, 0};
    params own = *s->g.p;
    if (values)
        own.value = (float *)values;
    const params *before = s->g.p;
    s->g.p = &own;
    graph_pack(&s->g, 0, s->g.n_nodes, s->packed);
    job j = {.s = s, .n = n, .grid = grid, .user = user, .sums = sums};
    while (j.first < n) {
        int64_t left = (n - j.first + s->g.max_n - 1) / s->g.max_n;
        int shards = left < ROUND ? (int)left : ROUND;
        parallel_for(s->threads, shards, run_shard, &j, NULL);
        for (int i = 0; i < shards; i++) {
            all.nats += sums[i].nats;
            all.hits += sums[i].hits;
        }
        j.first += (int64_t)shards * s->g.max_n;
    }
    s->g.p = before;
    return (score){all.nats / (double)n, all.hits / (double)n};
}
