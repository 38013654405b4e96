/* SPDX-License-Identifier: MIT */
#include "train/encoder_rows.h"

#include <string.h>

#include "cluster/cluster.h"
#include "cluster/tree.h"

size_t encoder_rows_per_image(const encoder_rows *e)
{
    return (size_t)e->nodes.output->y.h * (size_t)e->nodes.output->y.w;
}

static vq_status allocate(encoder_rows *e, const books *b, vq_error *err)
{
    size_t bytes[8] = {
        (size_t)e->threads * sizeof *e->runs,
        e->g.packed_floats * sizeof *e->packed,
        e->room * books_width(b) * sizeof *e->v,
        e->room * (size_t)b->d * sizeof *e->parts,
        e->room * (size_t)books_depth(b) * sizeof *e->code,
        books_scratch(b, e->room) * sizeof *e->scratch,
        e->room * sizeof *e->pick,
        ((size_t)cluster_ranks() + 1) * sizeof *e->ends,
    };
    size_t total = 0;
    for (int i = 0; i < 8; i++)
        total += bytes[i] = arena_round(bytes[i]);
    vq_status status = arena_init(&e->memory, total, err);
    if (status != VQ_OK)
        return status;
    e->runs = arena_take(&e->memory, bytes[0]);
    e->packed = arena_take(&e->memory, bytes[1]);
    e->v = arena_take(&e->memory, bytes[2]);
    e->parts = arena_take(&e->memory, bytes[3]);
    e->code = arena_take(&e->memory, bytes[4]);
    e->scratch = arena_take(&e->memory, bytes[5]);
    e->pick = arena_take(&e->memory, bytes[6]);
    e->ends = arena_take(&e->memory, bytes[7]);
    return VQ_OK;
}

vq_status encoder_rows_init(encoder_rows *e, const network *net, int h, int w,
                            int images, size_t rows_max, vq_error *err)
{
    vq_status status;
    const books b = network_books(&net->config);
    *e = (encoder_rows){.threads = parallel_threads(net->config.threads)};
    e->nodes = network_rows_graph(net, &e->g, h, w);
    TRY(graph_plan(&e->g, shard_images((int64_t)h * w), GRAPH_INFER, err));
    size_t each = encoder_rows_per_image(e), enough = (rows_max + each - 1) / each;
    e->room = each * (enough < (size_t)images ? enough : (size_t)images);
    TRY(allocate(e, &b, err));
    for (int i = 0; i < e->threads; i++) {
        TRY(run_init(&e->runs[i], &e->g, err));
        e->runs[i].packed = e->packed;
    }
out:
    if (status != VQ_OK)
        encoder_rows_release(e);
    return status;
}

void encoder_rows_release(encoder_rows *e)
{
    for (int i = 0; e->runs && i < e->threads; i++)
        run_release(&e->runs[i]);
    arena_release(&e->memory);
    e->runs = NULL;
}

typedef struct job {
    encoder_rows *e;
    shard_loader load;
    void *user;
    int images;
    int shard; /* the first of this rank's */
} job;

static vq_status run_shard(void *user, int i, int worker, vq_error *err)
{
    const job *j = user;
    encoder_rows *e = j->e;
    run *r = &e->runs[worker];
    int first = (j->shard + i) * e->g.max_n, left = j->images - first;
    r->n = left < e->g.max_n ? left : e->g.max_n;
    vq_status status = j->load(j->user, first, r->n, run_y(r, e->nodes.input), err);
    if (status != VQ_OK)
        return status;
    graph_forward(r);
    size_t at = e->n + (size_t)first * encoder_rows_per_image(e);
    memcpy(e->v + at * (size_t)e->nodes.output->y.c, run_y(r, e->nodes.output),
           run_count(r, e->nodes.output) * sizeof *e->v);
    return VQ_OK;
}

vq_status encoder_rows_add(encoder_rows *e, int batch, shard_loader load, void *user,
                           vq_error *err)
{
    size_t fit = (e->room - e->n) / encoder_rows_per_image(e);
    job j = {e, load, user, fit < (size_t)batch ? (int)fit : batch, 0};
    graph_pack(&e->g, 0, e->g.n_nodes, e->packed);
    const int shards = (j.images + e->g.max_n - 1) / e->g.max_n;
    const int ranks = cluster_ranks(), rank = cluster_rank();
    const size_t image =
        encoder_rows_per_image(e) * (size_t)e->nodes.output->y.c * sizeof *e->v;
    vq_status status;
    for (int r = 0; r <= ranks; r++) {
        size_t first = tree_share((size_t)shards, r, ranks) * (size_t)e->g.max_n;
        e->ends[r] = image * (first < (size_t)j.images ? first : (size_t)j.images);
    }
    j.shard = (int)tree_share((size_t)shards, rank, ranks);
    const int own = (int)tree_share((size_t)shards, rank + 1, ranks) - j.shard;
    TRY(cluster_agree(parallel_for(e->threads, own, run_shard, &j, err), NULL, 0, err));
    TRY(cluster_gather(e->v + e->n * (size_t)e->nodes.output->y.c, e->ends, err));
    e->n += (size_t)j.images * encoder_rows_per_image(e);
out:
    return status;
}

void encoder_rows_part(encoder_rows *e, const books *b, int book)
{
    const float *from = e->v + books_part(b, book);
    size_t d = (size_t)b->d;
    for (size_t i = 0; i < e->n; i++)
        memcpy(e->parts + i * d, from + i * books_width(b), d * sizeof *from);
}
