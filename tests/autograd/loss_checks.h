/*
 * SPDX-License-Identifier: MIT
 *
 * What the loss operations of two nodes are tested by: PyTorch's figures, and the
 * gradient check in every way that a loss can stand in a graph.
 */
#ifndef VQ_TESTS_AUTOGRAD_LOSS_CHECKS_H
#define VQ_TESTS_AUTOGRAD_LOSS_CHECKS_H

#include "net.h"

#define LOSS_CHECK_SIZE 120 /* 2 images of 3 x 4 x 5 */

/* graph_mse, graph_l1 */
typedef node *loss_op(graph *g, node *a, node *b, float weight);

/* A net of inputs a and b and their loss, of weight 2.5, with the golden values. */
void loss_start(net *t, loss_op *loss);

/* Forward and backward of a started one. */
void loss_check(net *t, const float *want, const float *da, const float *db);

/*
 * One side alone, both, one node against itself, and two losses on one node. fill, or
 * NULL, puts other values into the inputs, of 48 values each.
 */
void loss_check_gradients(loss_op *loss, double step, void (*fill)(net *t));

#endif
