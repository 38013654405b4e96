/*
 * SPDX-License-Identifier: MIT
 *
 * One training step over a batch. A batch is cut into shards of as many images as the
 * graph is planned for: shard_images of them, base/parallel.h. Shards map to gradient
 * slots, a number that depends on the batch and the size of its images alone; a slot
 * runs its shards in order; a rank has a range of slots, of which its workers take one
 * after another; slots are added in a fixed tree, cluster/sum.h. So a step gives the
 * same bytes at any number of threads and ranks. Tested in tests/train/test_stepper.c.
 */
#ifndef VQ_TRAIN_STEPPER_H
#define VQ_TRAIN_STEPPER_H

#include "autograd/adam.h"
#include "autograd/graph.h"
#include "autograd/muon.h"
#include "base/parallel.h"
#include "cluster/sum.h"

/*
 * A batch of 512 images of 32x32 keeps as many cores busy. A slot is a gradient: 2.9 MB
 * of the default model, 186 MB for that batch.
 */
#define SLOTS_MAX 64

/*
 * Fill x [n,h,w,c] with images [first, first + n) of the current batch. Called by
 * workers, several at a time.
 */
typedef vq_status (*shard_loader)(void *user, int first, int n, float *x,
                                  vq_error *err);

/* Fill the shard's other inputs, once its images are loaded. */
typedef void (*shard_prepare)(void *user, int worker, run *r);

/* One training step's machinery: runs, slots and packed weights. */
typedef struct stepper {
    graph *g;  /* borrowed, planned for TRAIN */
    params *p; /* borrowed */
    int batch, threads;
    int shard; /* images of one */
    int n_shards, n_slots;
    bool finite;     /* is every gradient and loss of the last batch? */
    run *runs;       /* [threads] */
    cluster_sum sum; /* of the slots */
    float *slots;    /* [this rank's, p->size]; the first ends as the sum */
    float *packed;   /* [g->packed_floats] */
    double (*loss)[LOSS_FIGURES]; /* [n_slots]: of all ranks */
    size_t *loss_at;              /* [ranks + 1]: bytes where each rank's begin */
    double square;                /* LOSS_SQUARE of the last batch */
    bool *infinite;               /* [blocks of p->size]: found while reducing */
    bool wants_norm;              /* set by the caller: compute `norm` */
    double norm;                  /* of the trained parameters' gradient */
    const muon *muon;             /* borrowed: moves what is its own; NULL: none */
    int first;                    /* parameters before this one do not move */
    shard_prepare prepare;        /* NULL: there are none */
    void *prepare_user;
    double *squares; /* [blocks of p->size]: what norm is made of */
    arena memory;
} stepper;

/*
 * threads: workers, 0 for one per processor. VQ_ENOMEM; VQ_EINTERNAL: g is not planned
 * for this. After a failure release is legal.
 */
vq_status stepper_init(stepper *s, graph *g, params *p, int batch, int threads,
                       vq_error *err);
void stepper_release(stepper *s);

/*
 * Forward and backward of one batch: packs the weights, runs every shard, reduces the
 * slots in a fixed tree. After it, stepper_gradient is the batch's gradient and
 * statistics, loss[] the batch's loss parts, and `finite` says whether an update may
 * follow. Writes no weight and allocates nothing. Fails only when load does, of any
 * rank, or a rank dies.
 */
vq_status stepper_gradients(stepper *s, const node *input, shard_loader load,
                            void *user, double loss[LOSS_PARTS], vq_error *err);
const float *stepper_gradient(const stepper *s); /* [p->size] */

/*
 * Adam over every PARAM_TRAINED parameter, split over the workers, but Muon over those
 * that s->muon has; advances a->t. The weights of convolutions decay; biases and codes
 * do not.
 */
void stepper_update(stepper *s, adam *a);

/* average [p->size] += rest (values - average), split over the workers. */
void stepper_average(stepper *s, float *average, double rest);

#endif
