/*
 * SPDX-License-Identifier: MIT
 *
 * One update of a training's state from the gradients that a stepper holds: the
 * learning rate of the moment, Adam, the codes' own rules (codebook.h).
 * Tested in tests/model/test_optimize.c.
 */
#ifndef VQ_MODEL_OPTIMIZE_H
#define VQ_MODEL_OPTIMIZE_H

#include "autograd/parallel.h"
#include "model/checkpoint.h"

/*
 * Update s, and count the step. st: its gradients are finite, of this state's weights.
 * progress: the share of the training that is done, in [0,1].
 */
void optimize(train_state *s, stepper *st, double progress);

#endif
