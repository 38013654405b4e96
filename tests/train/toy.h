/*
 * SPDX-License-Identifier: MIT
 *
 * The smallest learner, two numbers that follow random ones, and a training of it.
 */
#ifndef VQ_TESTS_TRAIN_TOY_H
#define VQ_TESTS_TRAIN_TOY_H

#include "support.h"

#include "train/loop.h"

enum { EPOCH = 5 }; /* steps */

typedef struct toy {
    float w[2], momentum[2], gradient[2];
    double loss;         /* since restart */
    int64_t bad_step;    /* whose gradient is not finite; -1: none */
    int64_t poison_step; /* after which a weight is not; -1: none */
    size_t ballast;      /* bytes of a large checkpoint, a file over any limit */
    float *big;
    double images;     /* that tell its data apart */
    bool no_pictures;  /* draw and sample fail */
    int opened, begun; /* calls */
} toy;

typedef struct toyrun {
    char folder[256], out[300];
    toy toy;
    loop_settings settings;
    int64_t stop_at; /* ask to stop after this step; -1: never */
    bool stop_load;
    bool (*stop)(void); /* asked after every step, unless NULL */
    int64_t steps;      /* VQ_EVENT_STEP seen */
    double epoch;       /* of the last one */
    char notes[1024];
    vq_error err;
} toyrun;

/* A fresh folder with `run` to train in: log every 4 steps, all else 0. */
void toyrun_open(toyrun *r);
void toyrun_close(toyrun *r);

/* Train on with what it says; the toy knows nothing of the time before. */
vq_status toyrun_run(toyrun *r);

/* The step of the model in the run folder; -1: none. */
int64_t toyrun_model_step(const toyrun *r);

bool toyrun_holds(const toyrun *r, const char *name);
void toyrun_remove(const toyrun *r, const char *name);

/* Model and checkpoint of two runs are the same bytes. */
void assert_same_results(const toyrun *a, const toyrun *b);

#endif
