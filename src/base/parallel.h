/*
 * SPDX-License-Identifier: MIT
 *
 * Parallelism across images, never inside a product: loops shared by threads that stay
 * from one to the next and sleep in between. The only maker of threads. Tested in
 * tests/base/test_parallel.c.
 */
#ifndef VQ_BASE_PARALLEL_H
#define VQ_BASE_PARALLEL_H

#include <stdint.h>

#include "base/status.h"

/*
 * Images of `area` pixels that a worker runs through a graph at a time: as many as have
 * the pixels of eight of 32x32, so that few large ones keep every worker busy, but no
 * more than eight and at least one.
 */
#define SHARD_IMAGES 8
int shard_images(int64_t area);

/* Processors this process may use: base/processors.h. */
int parallel_processors(void);

/* Workers for an option that says `wanted`: 0 is one per processor. */
int parallel_threads(int wanted);

/*
 * Call body(user, i, worker) for every i in [0, n), at most `threads` at a time, worker
 * in [0, threads). The first failure by index is returned and err is filled from it;
 * indices after it may then be left out. Loops of several threads, or within a loop,
 * may meet; then all but the first run on their caller's thread alone.
 */
typedef vq_status (*parallel_body)(void *user, int i, int worker, vq_error *err);
vq_status parallel_for(int threads, int n, parallel_body body, void *user,
                       vq_error *err);

#endif
