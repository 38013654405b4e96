/*
 * SPDX-License-Identifier: MIT
 *
 * A small network for tests: parameters, graph, run and gradients in one place, with
 * inputs that are kept (a run consumes its own) and memory that is poisoned with NaN
 * before every forward, so that reading what was not written is seen.
 */
#ifndef VQ_TESTS_AUTOGRAD_NET_H
#define VQ_TESTS_AUTOGRAD_NET_H

#include "autograd/graph.h"
#include "base/rng.h"

#define NET_INPUTS 3

typedef struct net {
    params p;
    graph g;
    run r;
    int n, n_inputs;
    node *in[NET_INPUTS];
    float *x[NET_INPUTS]; /* [n,h,w,c] values of the inputs; owned */
    float *packed, *grad; /* owned */
} net;

/* Uniform values in [low, high), a function of seed alone. */
void net_fill(float *v, size_t n, uint32_t seed, float low, float high);

/* n random values that a kink at zero is far from: 0.3 <= |v| < 1. */
void net_fill_away_from_zero(float *v, size_t n, uint32_t seed);

/* Add parameters, before net_begin. */
int net_conv_weight(net *t, const char *name, int oc, int c, int kh, int kw);
int net_plain(net *t, const char *name, param_role role, int rank, int n0, int n1);

/* Start the graph; build with graph_* and net_input; then net_ready. */
void net_begin(net *t, bool reference);
node *net_input(net *t, int h, int w, int c, bool needs_dy);

/* Plan for n images, allocate, fill parameters and inputs with random values. */
void net_ready(net *t, int n, graph_mode mode);
void net_release(net *t);

/* Offsets that share no memory at all: what every plan must agree with. */
void net_unshare(net *t);

float *net_value(net *t, int index);
float *net_grad(net *t, int index);
size_t net_count(const net *t, const node *nd);

/* Poison, zero the gradients, copy the inputs, pack, forward; returns the loss. */
double net_forward(net *t);

/* Backward, after a forward; dy (may be NULL) goes to the last node. */
void net_backward(net *t, const float *dy);

#endif
