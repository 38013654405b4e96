/*
 * SPDX-License-Identifier: MIT
 *
 * Two loops over one counter, which ThreadSanitizer must object to when it is counted
 * up without care, and must not when it is counted up with it: `planted pool wrong`,
 * right, `planted openmp wrong`, right. scripts/check-races.sh runs all four.
 */
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/parallel.h"

enum { N = 2000, WORKERS = 3 };

typedef struct counter {
    int n, arrived;
    bool careful;
} counter;

/* Waits for the others, since a worker that is late finds nothing left to do; the wait
 * is relaxed, so it orders nothing that comes after it. */
static vq_status count(void *user, int i, int worker, vq_error *err)
{
    (void)i, (void)worker, (void)err;
    counter *c = user;
    __atomic_add_fetch(&c->arrived, 1, __ATOMIC_RELAXED);
    while (__atomic_load_n(&c->arrived, __ATOMIC_RELAXED) < WORKERS)
        sched_yield();
    for (int k = 0; k < N; k++)
        if (c->careful)
            __atomic_add_fetch(&c->n, 1, __ATOMIC_RELAXED);
        else
            c->n++;
    return VQ_OK;
}

static int by_pool(bool careful)
{
    counter c = {.careful = careful};
    parallel_for(WORKERS, WORKERS, count, &c, NULL);
    return c.n;
}

/* As tests/data/ uses it: what is right in OpenMP must not be taken for a race. */
static int by_openmp(bool careful)
{
    int n = 0;
    if (careful) {
#pragma omp parallel for num_threads(WORKERS) reduction(+ : n)
        for (int i = 0; i < N; i++)
            n++;
    } else {
#pragma omp parallel for num_threads(WORKERS)
        for (int i = 0; i < N; i++)
            n++;
    }
    return n;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    const bool careful = strcmp(argv[2], "right") == 0;
    printf("%d\n",
           strcmp(argv[1], "pool") == 0 ? by_pool(careful) : by_openmp(careful));
    return 0;
}
