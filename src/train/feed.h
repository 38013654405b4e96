/*
 * SPDX-License-Identifier: MIT
 *
 * Feed: the images of a training. Which ones a step sees, how they are cut and mirrored
 * is a function of the seed and the step alone. Tested in tests/train/test_trainer.c
 * and test_crops.c.
 */
#ifndef VQ_TRAIN_FEED_H
#define VQ_TRAIN_FEED_H

#include "base/status.h"
#include "data/dataset.h"
#include "data/sampler.h"

typedef struct feed {
    const vq_config *config; /* borrowed */
    dataset data;
    sampler sampler;
    double variance; /* of the training pixels / 255 */
    double epoch;    /* steps that take as many pixels as there are */
    int64_t step;    /* at hand, and the images of its batch: [batch_size] */
    int64_t *batch;
    float pixel[256];
} feed;

/*
 * Open the training split that config names. VQ_EUSAGE: a crop that the downsampling
 * does not divide; VQ_EINPUT: every pixel has the same value, an order that does not
 * fit; VQ_ENOMEM, or as dataset_open. After a failure feed_close is legal. watch is
 * told how far it is; it may be NULL.
 */
vq_status feed_open(feed *f, const vq_config *config, data_watch watch, void *user,
                    vq_error *err);
void feed_close(feed *f);

/* What tells the pictures and their order apart from others: a hash of the pixels of
 * 64, evenly spread. VQ_ENOMEM, or as dataset_read. */
vq_status feed_fingerprint(const feed *f, uint64_t *fingerprint, vq_error *err);

/* Choose the batch of step number `step`. `feed` is a feed, as for a callback. */
void feed_batch(void *feed, int64_t step);

/* A shard_loader: images [first, first + n) of the batch at hand. */
vq_status feed_load(void *feed, int first, int n, float *x, vq_error *err);

#endif
