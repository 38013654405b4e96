/*
 * SPDX-License-Identifier: MIT
 *
 * The learning rate as a function of where a training stands. Pure, so that a resumed
 * run goes on with the rates of an uninterrupted one. The figures are PyTorch's:
 * LinearLR for the warm-up, CosineAnnealingLR and StepLR, multiplied where two are in
 * use. Tested in tests/train/test_schedule.c.
 */
#ifndef VQ_TRAIN_SCHEDULE_H
#define VQ_TRAIN_SCHEDULE_H

#include <stdint.h>

#include "base/status.h"

/* The share of a training that is done, in [0,1]: updates of all updates, or seconds of
 * all seconds. 1 where there is nothing to do. */
double schedule_progress(double done, double all);

/*
 * Does config.refine_share begin before the update at that progress? It and what is
 * before it are two courses of the schedule, the second one from a fifth of the rate.
 */
bool schedule_refines(const vq_config *config, double progress);

/*
 * The rate of the update that follows `step` updates, at `progress` in [0,1]:
 *   lr  min(1, (step + 1) / warmup)
 *   cosine: times end + (1 - end) (1 + cos(pi progress)) / 2
 *   step:   times factor ^ floor(progress / every)
 */
double schedule_lr(const vq_config *config, double progress, int64_t step);

#endif
