/*
 * SPDX-License-Identifier: MIT
 *
 * The likelihood of known codes under a prior, by whole grids: the training graph
 * without its backward. Tested in tests/prior/test_score.c.
 */
#ifndef VQ_PRIOR_SCORE_H
#define VQ_PRIOR_SCORE_H

#include "prior/pixelcnn.h"

typedef struct scorer {
    const pixelcnn *net; /* borrowed; values are read at each score_run */
    int h, w, threads;
    graph g;
    pixelcnn_nodes nodes;
    run *runs;     /* [threads]; owned, as is packed */
    float *packed; /* [g.packed_floats] */
    arena memory;
} scorer;

/* Grids of h x w codes that a worker runs at a time: a position takes the time of about
 * 16 pixels of a VQ-VAE. */
int score_shard(int h, int w);

/* For grids of h x w. VQ_ENOMEM. Releasing a zeroed one is legal. */
vq_status score_open(scorer *s, const pixelcnn *net, int h, int w, int threads,
                     vq_error *err);
void score_close(scorer *s);

/* Codes [h,w,books] and the class of grid i. Called by workers. */
typedef const int32_t *(*score_grid)(void *user, int64_t i, int *label);

typedef struct score {
    double nats, hits; /* means over the codes of n grids */
} score;

/* The same result at any number of threads. values: NULL, or what to use in the place
 * of the network's. */
score score_run(scorer *s, const float *values, int64_t n, score_grid grid, void *user);

/* Fill a graph's input of one grid. */
void score_input(const prior_shape *shape, const int32_t *codes, int label,
                 size_t positions, float *x);

#endif
