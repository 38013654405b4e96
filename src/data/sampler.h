/*
 * SPDX-License-Identifier: MIT
 *
 * Sampler: which images the next batch holds. A pure function of seed and position, so
 * resuming needs nothing but the number of the step. Tested in
 * tests/data/test_sampler.c.
 */
#ifndef VQ_DATA_SAMPLER_H
#define VQ_DATA_SAMPLER_H

#include <stdint.h>

#include "base/status.h"

typedef enum sampler_mode {
    SAMPLER_EPOCHS, /* shuffled epochs end to end; a batch may span two */
    SAMPLER_FRESH,  /* a new shuffle every step, its first `batch` images taken */
    SAMPLER_ORDER,  /* a given list, repeated when it ends */
    SAMPLER_WEIGHTS /* each draw by itself, in proportion to weights */
} sampler_mode;

typedef struct sampler {
    sampler_mode mode;
    int64_t n; /* images */
    int batch;
    uint64_t seed;
    int64_t epoch;  /* of the shuffle in `order`; -1: none yet */
    int32_t *order; /* owned: [n], or [n_order] with SAMPLER_ORDER */
    int64_t n_order;
    uint64_t *sum; /* owned with SAMPLER_WEIGHTS: [n], of the weights up to each */
} sampler;

/*
 * SAMPLER_EPOCHS or SAMPLER_FRESH over n images, batch > 0. A batch may be larger than
 * n: epochs simply go on, and a fresh batch starts the next shuffle when one is used
 * up, so that counts of any two images in it differ by at most one. VQ_ENOMEM;
 * VQ_EINPUT: n outside [1, 2^31).
 */
vq_status sampler_init(sampler *s, sampler_mode mode, int64_t n, int batch,
                       uint64_t seed, vq_error *err);

/*
 * SAMPLER_ORDER: takes over order [n_order], to be freed by sampler_release, also after
 * a failure. VQ_EINPUT: empty, or an index outside [0, n).
 */
vq_status sampler_init_order(sampler *s, int32_t *order, int64_t n_order, int64_t n,
                             int batch, vq_error *err);

/* The same, of the integers in a .npy file, which messages name. VQ_EIO, VQ_EINPUT. */
vq_status sampler_init_file(sampler *s, const char *path, int64_t n, int batch,
                            vq_error *err);

/*
 * SAMPLER_WEIGHTS: image i with probability weight[i] / sum, for weights above 0 and a
 * sum below 2^63; within 2^-31 of that for sums below 2^33. VQ_ENOMEM; VQ_EINPUT:
 * n outside [1, 2^31).
 */
vq_status sampler_init_weights(sampler *s, const int64_t *weight, int64_t n, int batch,
                               uint64_t seed, vq_error *err);
void sampler_release(sampler *s);

/*
 * The image indices of step number `step` >= 0 to index [batch]: the same whichever
 * steps were asked for before. Costs one shuffle per new epoch, else `batch` draws at
 * most. Cannot fail.
 */
void sampler_batch(sampler *s, int64_t step, int64_t *index);

#endif
