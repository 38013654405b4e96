/* SPDX-License-Identifier: MIT */
#include "cluster/ranks.h"

#include <pthread.h>
#include <string.h>

#include "cluster/cluster.h"

/* What a rank shows to the others in a call. */
typedef struct shown {
    vq_status status;
    vq_error err;
    const void *data;
    const cluster_message *messages;
    int n;
} shown;

static struct world {
    int ranks;
    pthread_barrier_t meeting;
    shown of[RANKS_MAX];
} world;

/* -1: no rank, as everything outside of ranks_run. */
static _Thread_local int own = -1;
static _Thread_local bool over;

int __wrap_cluster_rank(void);
int __wrap_cluster_ranks(void);
vq_status __real_cluster_agree(vq_status mine, void *word, size_t bytes, vq_error *err);
vq_status __wrap_cluster_agree(vq_status mine, void *word, size_t bytes, vq_error *err);
vq_status __real_cluster_tell(void *data, size_t bytes, vq_error *err);
vq_status __wrap_cluster_tell(void *data, size_t bytes, vq_error *err);
vq_status __real_cluster_gather(void *all, const size_t *begin, vq_error *err);
vq_status __wrap_cluster_gather(void *all, const size_t *begin, vq_error *err);
vq_status __real_cluster_exchange(const cluster_message *m, int n, vq_error *err);
vq_status __wrap_cluster_exchange(const cluster_message *m, int n, vq_error *err);

int __wrap_cluster_rank(void)
{
    return own < 0 ? 0 : own;
}

int __wrap_cluster_ranks(void)
{
    return own < 0 ? 1 : world.ranks;
}

/* Show it to all; after this all others' is there, until everyone has met again. */
static void meet(shown s)
{
    world.of[own] = s;
    pthread_barrier_wait(&world.meeting);
}

static void part(void)
{
    pthread_barrier_wait(&world.meeting);
}

vq_status __wrap_cluster_agree(vq_status mine, void *word, size_t bytes, vq_error *err)
{
    if (own < 0)
        return __real_cluster_agree(mine, word, bytes, err);
    if (over)
        return mine;
    unsigned char copy[CLUSTER_WORD_MAX] = {0};
    shown s = {.status = mine, .data = copy};
    if (bytes > 0)
        memcpy(copy, word, bytes);
    if (mine != VQ_OK && err)
        s.err = *err;
    meet(s);
    int bad = 0;
    while (bad < world.ranks && world.of[bad].status == VQ_OK)
        bad++;
    over = bad < world.ranks;
    vq_status status = VQ_OK;
    if (over && bad > 0)
        status = vq_fail(err, world.of[bad].status, "rank %d: %.1500s", bad,
                         world.of[bad].err.message);
    else if (over)
        status = vq_fail(err, world.of[0].status, "%s", world.of[0].err.message);
    else if (bytes > 0)
        memcpy(word, world.of[0].data, bytes);
    part();
    return status;
}

vq_status __wrap_cluster_tell(void *data, size_t bytes, vq_error *err)
{
    if (own < 0)
        return __real_cluster_tell(data, bytes, err);
    if (over)
        return vq_fail(err, VQ_EINTERNAL, "the ranks have parted");
    meet((shown){.data = data});
    if (own != 0)
        memcpy(data, world.of[0].data, bytes);
    part();
    return VQ_OK;
}

vq_status __wrap_cluster_gather(void *all, const size_t *at, vq_error *err)
{
    if (own < 0)
        return __real_cluster_gather(all, at, err);
    if (over)
        return vq_fail(err, VQ_EINTERNAL, "the ranks have parted");
    meet((shown){.data = all});
    for (int r = 0; r < world.ranks; r++)
        if (r != own)
            memcpy((char *)all + at[r], (const char *)world.of[r].data + at[r],
                   at[r + 1] - at[r]);
    part();
    return VQ_OK;
}

/* The message that answers the i-th of this rank: its partner's of the same turn. */
static const cluster_message *answer(const cluster_message *messages, int i)
{
    const cluster_message *m = &messages[i];
    const shown *s = &world.of[m->rank];
    int turn = 0;
    for (int k = 0; k < i; k++)
        turn += messages[k].rank == m->rank && messages[k].receives == m->receives;
    for (int k = 0; k < s->n; k++)
        if (s->messages[k].rank == own && s->messages[k].receives != m->receives &&
            turn-- == 0)
            return &s->messages[k];
    return NULL;
}

vq_status __wrap_cluster_exchange(const cluster_message *m, int n, vq_error *err)
{
    if (own < 0)
        return __real_cluster_exchange(m, n, err);
    if (over)
        return vq_fail(err, VQ_EINTERNAL, "the ranks have parted");
    vq_status status = VQ_OK;
    meet((shown){.messages = m, .n = n});
    for (int i = 0; i < n; i++) {
        const cluster_message *other = answer(m, i);
        if (!other || other->bytes != m[i].bytes)
            status = vq_fail(err, VQ_EINTERNAL, "message %d of rank %d has no answer",
                             i, own);
        else if (m[i].receives)
            memcpy(m[i].data, other->data, m[i].bytes);
    }
    part();
    return status;
}

/* ---- running them ------------------------------------------------------------------
 */

typedef struct rank_thread {
    pthread_t thread;
    int rank;
    rank_body body;
    void *user;
    rank_result *result;
} rank_thread;

static void *run_rank(void *user)
{
    rank_thread *t = user;
    own = t->rank;
    const vq_status mine = t->body(t->user, t->rank, &t->result->err);
    t->result->status = vq_ranks_agree(mine, &t->result->err);
    return NULL;
}

void ranks_run(int ranks, rank_body body, void *user, rank_result result[RANKS_MAX])
{
    rank_thread threads[RANKS_MAX];
    assert_in_range(ranks, 1, RANKS_MAX);
    world.ranks = ranks;
    assert_int_equal(pthread_barrier_init(&world.meeting, NULL, (unsigned)ranks), 0);
    for (int r = 0; r < ranks; r++) {
        result[r] = (rank_result){.status = VQ_OK};
        threads[r] =
            (rank_thread){.rank = r, .body = body, .user = user, .result = &result[r]};
        assert_int_equal(
            pthread_create(&threads[r].thread, NULL, run_rank, &threads[r]), 0);
    }
    for (int r = 0; r < ranks; r++)
        pthread_join(threads[r].thread, NULL);
    pthread_barrier_destroy(&world.meeting);
}

void assert_ranks(const rank_result *result, int ranks, vq_status status,
                  const char *part)
{
    for (int r = 0; r < ranks; r++)
        if (result[r].status != status || !strstr(result[r].err.message, part))
            fail_msg("rank %d: '%s' with '%s', want '%s' with '%s'", r,
                     vq_status_text(result[r].status), result[r].err.message,
                     vq_status_text(status), part);
}
