/*
 * SPDX-License-Identifier: MIT
 *
 * The figures of a VQ-VAE's training: sums over the steps since the last log line, and
 * what is told of them. Tested in tests/train/test_trainer.c.
 */
#ifndef VQ_TRAIN_INTERVAL_H
#define VQ_TRAIN_INTERVAL_H

#include "autograd/graph.h"
#include "train/stepper.h"

typedef struct interval {
    double loss[LOSS_PARTS], square, perplexity, grad_norm;
    int64_t revived;
} interval;

/* NMSE that belongs to a reconstruction loss, or to the square where that tells none.
 * variance: of the data. */
double interval_nmse(const vq_config *config, double variance, double recon,
                     double square);

/*
 * Take in a batch's losses, what the stepper measured and the perplexity of its code
 * counts [levels * heads, codes], the mean over the books, which is returned; the
 * counts are added to usage, of the same shape.
 */
double interval_add(interval *now, const vq_config *config, const double *loss,
                    const stepper *step, const float *count, double *usage);

/* The means of so many steps; returns how many figures. */
int interval_figures(const interval *now, const vq_config *config, double variance,
                     double lr, int64_t steps, vq_figure *figure);

#endif
