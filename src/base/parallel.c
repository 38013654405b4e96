/* SPDX-License-Identifier: MIT */
#include "base/parallel.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/processors.h"
#include "tensor/gemm.h"

/*
 * Looks at a flag before a thread goes to sleep, each a pause of the processor: some 10
 * microseconds, as long as the gap between two rounds of a training step. OpenMP's
 * threads wait for milliseconds, which a training beside another job, or one with only
 * a share of its processors, pays for: tests/bench/README.md.
 */
#define LOOKS 500

int shard_images(int64_t area)
{
    const int64_t fit = SHARD_IMAGES * 32 * 32 / (area > 0 ? area : 1);
    return fit < 1 ? 1 : fit < SHARD_IMAGES ? (int)fit : SHARD_IMAGES;
}

int parallel_processors(void)
{
    return processors_available("");
}

int parallel_threads(int wanted)
{
    return wanted > 0 ? wanted : parallel_processors();
}

/* ---- one loop ---------------------------------------------------------------------
 */

typedef struct round {
    parallel_body body;
    void *user;
    int n;
    atomic_int next;      /* index to be taken */
    atomic_int failed;    /* the first index that has failed so far; n: none */
    pthread_mutex_t lock; /* of the two below */
    vq_status status;
    vq_error err;
} round;

static void note_failure(round *r, int i, vq_status status, const vq_error *err)
{
    pthread_mutex_lock(&r->lock);
    if (i < atomic_load(&r->failed)) {
        atomic_store(&r->failed, i);
        r->status = status;
        r->err = *err;
    }
    pthread_mutex_unlock(&r->lock);
}

/* Indices are taken in order, so whatever comes before a failure is run as well. */
static void work(round *r, int worker)
{
    for (;;) {
        vq_error mine;
        int i = atomic_fetch_add(&r->next, 1);
        if (i >= r->n)
            return;
        if (i > atomic_load(&r->failed))
            continue;
        vq_status status = r->body(r->user, i, worker, &mine);
        if (status != VQ_OK)
            note_failure(r, i, status, &mine);
    }
}

/* ---- the workers ------------------------------------------------------------------
 */

/*
 * Threads that stay for the next loop; the caller of a loop is its worker 0. One loop
 * at a time has them: another caller, or a loop within a loop, runs on its own thread.
 * A worker that comes late finds no place, so nobody waits for one that the system did
 * not wake.
 */
static struct pool {
    pthread_mutex_t owner; /* held by the caller of a loop */
    pthread_mutex_t lock;  /* of everything below */
    pthread_cond_t wake, left;
    int threads;        /* there are */
    int team;           /* of the loop at hand */
    int places;         /* of it that no worker has taken; 0 when there is none */
    atomic_uint rounds; /* loops so far */
    atomic_int inside;  /* workers in the loop */
    round *r;
} pool = {.owner = PTHREAD_MUTEX_INITIALIZER,
          .lock = PTHREAD_MUTEX_INITIALIZER,
          .wake = PTHREAD_COND_INITIALIZER,
          .left = PTHREAD_COND_INITIALIZER};

static void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Called and left with the lock: wait for a loop with a place. */
static void wait_for_place(void)
{
    while (pool.places == 0) {
        const unsigned seen = atomic_load(&pool.rounds);
        pthread_mutex_unlock(&pool.lock);
        for (int i = 0; i < LOOKS && atomic_load(&pool.rounds) == seen; i++)
            pause_briefly();
        pthread_mutex_lock(&pool.lock);
        if (pool.places == 0 && atomic_load(&pool.rounds) == seen)
            pthread_cond_wait(&pool.wake, &pool.lock);
    }
}

static void *serve(void *unused)
{
    gemm_init();
    pthread_mutex_lock(&pool.lock);
    for (;;) {
        wait_for_place();
        const int worker = pool.team - pool.places--;
        atomic_fetch_add(&pool.inside, 1);
        pthread_mutex_unlock(&pool.lock);
        work(pool.r, worker);
        pthread_mutex_lock(&pool.lock);
        if (atomic_fetch_sub(&pool.inside, 1) == 1)
            pthread_cond_signal(&pool.left);
    }
    return unused;
}

/* At least n threads, or as many as the system gives. They block signals, which are
 * for the thread that can act on them. */
static void hire(int n)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool.threads < n) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve, NULL) != 0)
            break;
        pthread_detach(thread);
        pool.threads++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void open_round(round *r, int team)
{
    pthread_mutex_lock(&pool.lock);
    hire(team - 1);
    pool.r = r;
    pool.places = team - 1 < pool.threads ? team - 1 : pool.threads;
    pool.team = pool.places + 1;
    atomic_fetch_add(&pool.rounds, 1);
    pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.lock);
}

static void close_round(void)
{
    pthread_mutex_lock(&pool.lock);
    pool.places = 0;
    pthread_mutex_unlock(&pool.lock);
    for (int i = 0; i < LOOKS && atomic_load(&pool.inside) > 0; i++)
        pause_briefly();
    pthread_mutex_lock(&pool.lock);
    while (atomic_load(&pool.inside) > 0)
        pthread_cond_wait(&pool.left, &pool.lock);
    pthread_mutex_unlock(&pool.lock);
}

vq_status parallel_for(int threads, int n, parallel_body body, void *user,
                       vq_error *err)
{
    round r = {.body = body,
               .user = user,
               .n = n,
               .failed = n,
               .lock = PTHREAD_MUTEX_INITIALIZER};
    const int team = n < threads ? n : threads;
    gemm_init();
    if (team > 1 && pthread_mutex_trylock(&pool.owner) == 0) {
        open_round(&r, team);
        work(&r, 0);
        close_round();
        pthread_mutex_unlock(&pool.owner);
    } else {
        work(&r, 0);
    }
    if (r.status != VQ_OK && err)
        *err = r.err;
    return r.status;
}
