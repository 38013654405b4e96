/*
 * SPDX-License-Identifier: MIT
 *
 * The ways through the program by which a call has failed: a fault that is tried once
 * for each finds what one at every call would, in a few per cent of the time.
 */
#include <execinfo.h>
#include <pthread.h>
#include <stdlib.h>

#include "support.h"

enum { FRAMES = 24, PLACES = 8192 };

static struct places {
    pthread_mutex_t lock;
    uint64_t seen[PLACES]; /* by its number; 0: free */
    int n;
} places = {.lock = PTHREAD_MUTEX_INITIALIZER};

void support_places_forget(void)
{
    for (int i = 0; i < PLACES; i++)
        places.seen[i] = 0;
    places.n = 0;
}

/* A number for the stack of calls, never 0. */
static uint64_t place_here(void)
{
    void *frame[FRAMES];
    uint64_t hash = 0xcbf29ce484222325u;
    const int n = backtrace(frame, FRAMES);
    for (int i = 0; i < n; i++)
        hash = (hash ^ (uint64_t)(uintptr_t)frame[i]) * 0x100000001b3u;
    return hash | 1;
}

bool support_place_taken(atomic_long *armed)
{
    const uint64_t here = place_here();
    pthread_mutex_lock(&places.lock);
    size_t at = (size_t)(here >> 32) % PLACES;
    while (places.seen[at] && places.seen[at] != here)
        at = (at + 1) % PLACES;
    const bool taken = !places.seen[at] && atomic_load(armed) == NEW_PLACE;
    if (taken && places.n == PLACES / 2)
        abort(); /* a test that wants so many is too long */
    if (taken) {
        places.seen[at] = here;
        places.n++;
        atomic_store(armed, 0);
    }
    pthread_mutex_unlock(&places.lock);
    return taken;
}
