/*
 * SPDX-License-Identifier: MIT
 *
 * The prior as the second learner of train/loop.h. Implements vq_prior_train. Tested in
 * tests/cli/test_cmd_prior.c.
 */
#ifndef VQ_PRIOR_LEARNER_H
#define VQ_PRIOR_LEARNER_H

#include "autograd/adam.h"
#include "data/sampler.h"
#include "prior/corpus.h"
#include "prior/prior_config.h"
#include "prior/score.h"
#include "train/learner.h"
#include "train/stepper.h"

typedef struct prior_trainer {
    vq_prior_config config;
    vq_prior_config described; /* the same with paths that hold in any folder */
    vq_model *model;           /* owned */
    corpus corpus;
    int64_t *train, *valid; /* pictures of each; owned */
    int64_t n_train, n_valid, hash;
    sampler sampler;
    int64_t *batch; /* [batch_size] indices into train and its mirror images; owned */
    int64_t step;

    pixelcnn net;
    adam opt;
    float *average, *best; /* [p.size] owned; average NULL: no weight-ema */
    double best_nats;      /* 0: not validated yet */
    int64_t best_step;
    double valid_nats; /* of the last validation, of these steps */
    int64_t valid_step;

    graph g;
    pixelcnn_nodes nodes;
    stepper stepper;
    scorer scorer;
    struct {
        double nats, hits, grad_norm;
    } now; /* sums since the last restart */
} prior_trainer;

/* Its functions, on a zeroed trainer whose config is set. */
learner prior_learner(prior_trainer *t);

/* The parts of it that are files of their own: learner_data.c and learner_state.c. */
vq_status prior_trainer_open(void *self, learner_watch watch, void *user, double *epoch,
                             vq_error *err);
bool prior_trainer_setting(void *self, int i, learner_setting *setting);
void prior_trainer_give(void *self, learner_state *state);
void prior_trainer_take(void *self, const learner_state *state);

/* A shard_loader: images [first, first + n) of the batch at hand. */
vq_status prior_trainer_load(void *user, int first, int n, float *x, vq_error *err);
/* The class of a picture as the network has it; of one without, the last. */
int prior_trainer_class(const prior_trainer *t, int64_t picture);

/* How pictures are drawn while it trains, by train_sample.c. */
vq_status prior_trainer_sample(void *self, const char *png_path, vq_error *err);

/* The values to keep, after a look at how good those of this step are; and the facts
 * that go with them. */
const float *prior_trainer_result(prior_trainer *t, int64_t step, prior_facts *facts);

#endif
