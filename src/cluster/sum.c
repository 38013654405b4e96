/* SPDX-License-Identifier: MIT */
#include "cluster/sum.h"

#include <string.h>

#include "cluster/tree.h"
#include "tensor/simd.h"

int cluster_sum_rows(const cluster_sum *s)
{
    return s->end > s->first ? s->end - s->first : 1;
}

int cluster_sum_blocks(const cluster_sum *s)
{
    return (int)((s->size + SUM_BLOCK - 1) / SUM_BLOCK);
}

size_t cluster_sum_block(const cluster_sum *s, int i, size_t *first)
{
    *first = (size_t)i * SUM_BLOCK;
    return s->size - *first < SUM_BLOCK ? s->size - *first : SUM_BLOCK;
}

/* Where rank r's share of the blocks [low, high) begins, in floats. */
static size_t share_at(const cluster_sum *s, int r)
{
    const size_t blocks = (size_t)(s->high - s->low);
    const size_t block = (size_t)s->low + tree_share(blocks, r, cluster_ranks());
    return block * SUM_BLOCK < s->size ? block * SUM_BLOCK : s->size;
}

static size_t share_size(const cluster_sum *s, int r)
{
    return share_at(s, r + 1) - share_at(s, r);
}

/* ---- beginning --------------------------------------------------------------------
 */

static vq_status allocate(cluster_sum *s, vq_error *err)
{
    const size_t ranks = (size_t)cluster_ranks(), slots = (size_t)s->slots;
    const size_t share = ((size_t)cluster_sum_blocks(s) / ranks + 1) * SUM_BLOCK;
    size_t others = 0, own = 0;
    bool live[1024];
    tree_live(s->slots, (int)ranks, live);
    for (int i = 0; i < s->slots; i++)
        if (live[i])
            *(i >= s->first && i < s->end ? &own : &others) += 1;
    const size_t reduces = own * (ranks - 1) + others, gathers = 2 * (ranks - 1);
    const size_t bytes[] = {
        arena_round(slots * sizeof *s->live), arena_round(slots * sizeof *s->part),
        arena_round(others * share * sizeof *s->received),
        arena_round((reduces > gathers ? reduces : gathers) * sizeof *s->messages)};
    size_t total = 0;
    for (int i = 0; i < 4; i++)
        total += bytes[i];
    vq_status status = arena_init(&s->memory, total, err);
    if (status != VQ_OK)
        return status;
    s->live = arena_take(&s->memory, bytes[0]);
    s->part = arena_take(&s->memory, bytes[1]);
    s->received = arena_take(&s->memory, bytes[2]);
    s->messages = arena_take(&s->memory, bytes[3]);
    memcpy(s->live, live, slots * sizeof *live);
    return VQ_OK;
}

vq_status cluster_sum_init(cluster_sum *s, int slots, size_t size, size_t parting,
                           int threads, vq_error *err)
{
    const int me = cluster_rank(), ranks = cluster_ranks();
    *s = (cluster_sum){.slots = slots, .size = size, .threads = threads};
    s->parting = (int)((parting + SUM_BLOCK - 1) / SUM_BLOCK);
    s->rest = cluster_sum_blocks(s);
    s->first = (int)tree_share((size_t)slots, me, ranks);
    s->end = (int)tree_share((size_t)slots, me + 1, ranks);
    return allocate(s, err);
}

void cluster_sum_release(cluster_sum *s)
{
    arena_release(&s->memory);
    *s = (cluster_sum){0};
}

/* ---- adding -----------------------------------------------------------------------
 */

typedef struct sum_job {
    cluster_sum *s;
    parallel_body each; /* NULL: none */
    void *user;
    int first; /* block */
} sum_job;

/* Add one block of this rank's slots, as far as they reach. */
static vq_status add_own(void *user, int i, int worker, vq_error *err)
{
    const sum_job *j = user;
    const cluster_sum *s = j->s;
    size_t at, n = cluster_sum_block(s, j->first + i, &at);
    for (int step = 1; step < s->slots; step *= 2)
        for (int slot = 0; slot + step < s->slots; slot += 2 * step)
            if (tree_within(s->slots, slot, step, s->first, s->end)) {
                float *sum = s->rows + (size_t)(slot - s->first) * s->size + at;
                simd_best()->add(sum, sum + (size_t)step * s->size, n, sum);
            }
    return j->each ? j->each(j->user, i, worker, err) : VQ_OK;
}

/* Add one block of this rank's share of what all have left, and put it in its place. */
static vq_status add_share(void *user, int i, int worker, vq_error *err)
{
    const sum_job *j = user;
    const cluster_sum *s = j->s;
    const size_t share = share_at(s, cluster_rank());
    size_t at, n = cluster_sum_block(s, j->first + i, &at);
    (void)worker, (void)err;
    for (int step = 1; step < s->slots; step *= 2)
        for (int slot = 0; slot + step < s->slots; slot += 2 * step)
            if (s->live[slot + step]) {
                float *sum = s->part[slot] + (at - share);
                simd_best()->add(sum, s->part[slot + step] + (at - share), n, sum);
            }
    if (s->part[0] + (at - share) != s->rows + at)
        memcpy(s->rows + at, s->part[0] + (at - share), n * sizeof *s->rows);
    return VQ_OK;
}

/* Send others their shares of what this rank has left, and get its own of theirs. */
static vq_status reduce(cluster_sum *s, vq_error *err)
{
    const int me = cluster_rank(), ranks = cluster_ranks();
    const size_t share = share_size(s, me);
    float *room = s->received;
    int n = 0;
    for (int r = 0; r < ranks; r++) {
        const int end = (int)tree_share((size_t)s->slots, r + 1, ranks);
        for (int i = (int)tree_share((size_t)s->slots, r, ranks); i < end; i++) {
            if (r == me || !s->live[i])
                continue;
            s->part[i] = room;
            s->messages[n++] = (cluster_message){r, true, room, share * sizeof *room};
            room += share;
        }
    }
    for (int i = s->first; i < s->end; i++) {
        float *row = s->rows + (size_t)(i - s->first) * s->size;
        if (!s->live[i])
            continue;
        s->part[i] = row + share_at(s, me);
        for (int r = 0; r < ranks; r++)
            if (r != me)
                s->messages[n++] = (cluster_message){r, false, row + share_at(s, r),
                                                     share_size(s, r) * sizeof *row};
    }
    s->stage = SUM_REDUCES;
    return cluster_begin(s->messages, n, err);
}

/* Send all others this rank's share of the sum, and get theirs. */
static vq_status gather(cluster_sum *s, vq_error *err)
{
    const int me = cluster_rank(), ranks = cluster_ranks();
    float *sum = s->rows;
    int n = 0;
    for (int i = 1; i < ranks; i++) {
        const int to = (me + i) % ranks, from = (me + ranks - i) % ranks;
        s->messages[n++] = (cluster_message){from, true, sum + share_at(s, from),
                                             share_size(s, from) * sizeof *sum};
        s->messages[n++] = (cluster_message){to, false, sum + share_at(s, me),
                                             share_size(s, me) * sizeof *sum};
    }
    s->stage = SUM_GATHERS;
    return cluster_begin(s->messages, n, err);
}

/* Begin the sum of the blocks [low, high). */
static vq_status begin(cluster_sum *s, int low, int high, vq_error *err)
{
    sum_job j = {.s = s, .first = low};
    s->low = low;
    s->high = high;
    vq_status status = parallel_for(s->threads, high - low, add_own, &j, err);
    return status == VQ_OK ? reduce(s, err) : status;
}

/* What a stage waited for has come: the next one. */
static vq_status go_on(cluster_sum *s, vq_error *err)
{
    if (s->stage == SUM_GATHERS) {
        s->stage = SUM_DONE;
        return VQ_OK;
    }
    const size_t share = share_size(s, cluster_rank());
    sum_job j = {.s = s, .first = (int)(share_at(s, cluster_rank()) / SUM_BLOCK)};
    vq_status status = parallel_for(
        s->threads, (int)((share + SUM_BLOCK - 1) / SUM_BLOCK), add_share, &j, err);
    return status == VQ_OK ? gather(s, err) : status;
}

static vq_status finish(cluster_sum *s, vq_error *err)
{
    vq_status status = VQ_OK;
    while (s->stage != SUM_DONE) {
        TRY(cluster_wait(err));
        TRY(go_on(s, err));
    }
out:
    return status;
}

vq_status cluster_sum_begin(cluster_sum *s, float *rows, vq_error *err)
{
    const int blocks = s->rest;
    s->rows = rows;
    if (cluster_ranks() == 1 || s->parting >= blocks)
        return VQ_OK;
    s->rest = s->parting;
    return begin(s, s->parting, blocks, err);
}

vq_status cluster_sum_look(cluster_sum *s, vq_error *err)
{
    bool done = false;
    vq_status status = VQ_OK;
    if (s->stage == SUM_DONE)
        return VQ_OK;
    TRY(cluster_look(&done, err));
    if (done)
        TRY(go_on(s, err));
out:
    return status;
}

vq_status cluster_sum_run(cluster_sum *s, float *rows, parallel_body each, void *user,
                          vq_error *err)
{
    const int blocks = cluster_sum_blocks(s);
    sum_job alone = {.s = s, .each = each, .user = user};
    vq_status status;
    s->rows = rows;
    if (cluster_ranks() == 1)
        return parallel_for(s->threads, blocks, add_own, &alone, err);
    TRY(finish(s, err));
    TRY(begin(s, 0, s->rest, err));
    TRY(finish(s, err));
    s->rest = blocks;
    TRY(parallel_for(s->threads, blocks, each, user, err));
out:
    return status;
}
