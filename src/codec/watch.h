/*
 * SPDX-License-Identifier: MIT
 *
 * Work that takes long, seen from outside: how much of it is done, and a request to
 * stop. Workers report; the caller's function is called by one of them at a time.
 * Tested in tests/codec/test_watch.c.
 */
#ifndef VQ_CODEC_WATCH_H
#define VQ_CODEC_WATCH_H

#include <stdatomic.h>

#include "base/status.h"

typedef struct codec_watch {
    vq_work_fn call; /* NULL: nobody looks */
    void *user;
    double total; /* units of work: a code, encoded, decoded or refined by a pass */
    _Atomic int64_t done;
    atomic_flag calling;
    atomic_bool stopped;
} codec_watch;

/* Nothing is done yet of `total`; the function and its user stay. */
void watch_begin(codec_watch *w, double total);

/*
 * `units` more are done, 0 being legal: tell the function, unless another worker is
 * telling it. VQ_ESTOPPED from the moment on that it asked to stop. A NULL watch is
 * legal.
 */
vq_status watch_report(codec_watch *w, int64_t units, vq_error *err);

#endif
