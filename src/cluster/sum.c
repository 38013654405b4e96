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

/* Where rank r's share of the blocks begins, in floats. */
static size_t share_at(const cluster_sum *s, int r)
{
    size_t blocks = (size_t)cluster_sum_blocks(s);
    size_t at = tree_share(blocks, r, cluster_ranks()) * SUM_BLOCK;
    return at < s->size ? at : s->size;
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
    size_t others = 0, own = 0;
    bool live[1024];
    tree_live(s->slots, (int)ranks, live);
    for (int i = 0; i < s->slots; i++)
        if (live[i])
            *(i >= s->first && i < s->end ? &own : &others) += 1;
    const size_t bytes[] = {
        arena_round(slots * sizeof *s->live), arena_round(slots * sizeof *s->part),
        arena_round(others * share_size(s, cluster_rank()) * sizeof *s->received),
        arena_round((ranks + 1) * sizeof *s->gathered),
        arena_round((own * (ranks - 1) + others) * sizeof *s->messages)};
    size_t total = 0;
    for (int i = 0; i < 5; i++)
        total += bytes[i];
    vq_status status = arena_init(&s->memory, total, err);
    if (status != VQ_OK)
        return status;
    s->live = arena_take(&s->memory, bytes[0]);
    s->part = arena_take(&s->memory, bytes[1]);
    s->received = arena_take(&s->memory, bytes[2]);
    s->gathered = arena_take(&s->memory, bytes[3]);
    s->messages = arena_take(&s->memory, bytes[4]);
    memcpy(s->live, live, slots * sizeof *live);
    return VQ_OK;
}

/* What is received is known before there are rows; what is sent comes with them. */
static void plan(cluster_sum *s)
{
    const int me = cluster_rank(), ranks = cluster_ranks();
    float *room = s->received;
    for (int r = 0; r <= ranks; r++)
        s->gathered[r] = share_at(s, r < ranks ? r : ranks) * sizeof(float);
    for (int r = 0; r < ranks; r++) {
        const int end = (int)tree_share((size_t)s->slots, r + 1, ranks);
        for (int i = (int)tree_share((size_t)s->slots, r, ranks); i < end; i++) {
            if (r == me || !s->live[i])
                continue;
            s->part[i] = room;
            room += share_size(s, me);
            s->messages[s->n_messages++] = (cluster_message){
                r, true, s->part[i], share_size(s, me) * sizeof(float)};
        }
    }
}

vq_status cluster_sum_init(cluster_sum *s, int slots, size_t size, int threads,
                           vq_error *err)
{
    const int me = cluster_rank(), ranks = cluster_ranks();
    *s = (cluster_sum){.slots = slots, .size = size, .threads = threads};
    s->first = (int)tree_share((size_t)slots, me, ranks);
    s->end = (int)tree_share((size_t)slots, me + 1, ranks);
    vq_status status = allocate(s, err);
    if (status == VQ_OK)
        plan(s);
    return status;
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
    parallel_body each;
    void *user;
    int first; /* block of this rank's share */
} sum_job;

/* Add one block of this rank's slots, as far as they reach. */
static vq_status add_own(void *user, int i, int worker, vq_error *err)
{
    const sum_job *j = user;
    const cluster_sum *s = j->s;
    size_t at, n = cluster_sum_block(s, i, &at);
    for (int step = 1; step < s->slots; step *= 2)
        for (int slot = 0; slot + step < s->slots; slot += 2 * step)
            if (tree_within(s->slots, slot, step, s->first, s->end)) {
                float *sum = s->rows + (size_t)(slot - s->first) * s->size + at;
                simd_best()->add(sum, sum + (size_t)step * s->size, n, sum);
            }
    return cluster_ranks() == 1 ? j->each(j->user, i, worker, err) : VQ_OK;
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
static vq_status exchange(cluster_sum *s, vq_error *err)
{
    const int me = cluster_rank();
    int n = s->n_messages;
    for (int i = s->first; i < s->end; i++) {
        float *row = s->rows + (size_t)(i - s->first) * s->size;
        if (!s->live[i])
            continue;
        s->part[i] = row + share_at(s, me);
        for (int r = 0; r < cluster_ranks(); r++)
            if (r != me)
                s->messages[n++] = (cluster_message){r, false, row + share_at(s, r),
                                                     share_size(s, r) * sizeof(float)};
    }
    return cluster_exchange(s->messages, n, err);
}

vq_status cluster_sum_run(cluster_sum *s, float *rows, parallel_body each, void *user,
                          vq_error *err)
{
    vq_status status;
    const size_t me = share_at(s, cluster_rank()) / SUM_BLOCK;
    const int blocks = cluster_sum_blocks(s);
    sum_job j = {.s = s, .each = each, .user = user, .first = (int)me};
    s->rows = rows;
    TRY(parallel_for(s->threads, blocks, add_own, &j, err));
    if (cluster_ranks() == 1)
        goto out;
    TRY(exchange(s, err));
    const size_t own = share_size(s, cluster_rank());
    TRY(parallel_for(s->threads, (int)((own + SUM_BLOCK - 1) / SUM_BLOCK), add_share,
                     &j, err));
    TRY(cluster_gather(rows, s->gathered, err));
    TRY(parallel_for(s->threads, blocks, each, user, err));
out:
    return status;
}
