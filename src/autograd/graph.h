/*
 * SPDX-License-Identifier: MIT
 *
 * The tape: a graph is built once, planned once and run many times.
 *
 *   build   graph_input, graph_conv, ... append nodes; creation order is topological
 *   plan    graph_plan gives every y, dy and the scratch a place in one arena
 *   run     graph_forward, graph_backward walk the nodes; neither allocates or fails
 *
 * A planned graph is read-only and shared by all workers; a `run` is one worker's
 * private memory. Ops never write weights. Gradients accumulate (+=) in the run's
 * gradient buffer. Losses are sums scaled by 1 / images of the full batch, so shards
 * add up.
 *
 * A new operation is one op_*.c with a const `op` and one builder below.
 * Tested in tests/autograd/.
 */
#ifndef VQ_AUTOGRAD_GRAPH_H
#define VQ_AUTOGRAD_GRAPH_H

#include <stdint.h>

#include "autograd/params.h"
#include "base/arena.h"
#include "base/status.h"
#include "tensor/conv.h"
#include "tensor/tensor.h"

struct graph;
struct node;
struct run;

typedef struct op {
    const char *name;

    /* Set nd->y's h, w, c from the inputs; VQ_EINTERNAL when they do not fit. */
    vq_status (*shape)(struct node *nd, const params *p, vq_error *err);

    /* Floats of scratch for n images, of packed weights, of data kept for backward. */
    size_t (*scratch_size)(const struct node *nd, int n); /* NULL: none */
    size_t (*packed_size)(const struct node *nd);         /* NULL: none */
    size_t (*kept_size)(const struct node *nd, int n);    /* NULL: none */

    /* Re-arrange weights for the kernels, once per change of the weights. */
    void (*pack)(const struct node *nd, const params *p, float *packed);

    void (*forward)(const struct node *nd, struct run *r);
    void (*backward)(const struct node *nd, struct run *r);
    bool in_place; /* may write y over its first input, and dx over dy */
} op;

/* Parts of the loss, in vq_progress order. */
enum { LOSS_RECON, LOSS_CODEBOOK, LOSS_COMMITMENT, LOSS_PARTS };

typedef struct quantize_attr {
    int k, d;
    bool ema;                /* codebook moved by its statistics, not by Adam */
    float codebook_weight;   /* of mean((sg[z] - e)^2); 0 with ema */
    float commitment_weight; /* of mean((z - sg[e])^2) */
    int codebook, ema_sum, ema_count; /* parameter indices; see op_quantize.c */
} quantize_attr;

typedef struct node {
    const op *op;
    int id;             /* position in the graph */
    struct node *in[2]; /* NULL: unused */
    tensor y;           /* shape; y.n is the planned maximum, y.v unused */
    int weight, bias;   /* parameter indices, -1: none */

    union {
        struct {
            conv_shape shape;
            const conv_kernel *kernel;
        } conv;
        quantize_attr quantize;
        float mse_weight; /* loss = mse_weight * mean((in[0] - in[1])^2) */
    } attr;

    /* set by graph_plan; offsets in floats into a run's arena */
    size_t y_at, dy_at, kept_at, packed_at;
    bool inplace;     /* y is in[0]'s y */
    bool needs_dy;    /* a parameter or a wanted gradient lies before this node */
    bool first_dx[2]; /* this node is the first in backward to write in[i]'s dy */
} node;

typedef enum graph_mode { GRAPH_TRAIN, GRAPH_INFER } graph_mode;

#define GRAPH_MAX_NODES 160

typedef struct graph {
    node nodes[GRAPH_MAX_NODES];
    int n_nodes;
    const params *p;  /* borrowed; must outlive the graph */
    bool reference;   /* reference kernels only */
    vq_status status; /* the first failure while building */
    vq_error error;

    /* set by graph_plan */
    graph_mode mode;
    int max_n;         /* images a run can hold */
    size_t run_floats; /* arena of one run: every y, dy, kept and the scratch */
    size_t scratch_at;
    size_t packed_floats;
} graph;

/* A worker's private memory and the shard at hand. */
typedef struct run {
    const graph *g;
    arena memory;            /* owned */
    float *base;             /* [g->run_floats] in memory */
    int n;                   /* images in this shard */
    float scale;             /* 1 / images in the full batch */
    const float *packed;     /* shared, from graph_pack */
    float *grad;             /* this slot's gradients, at the parameters' offsets */
    double loss[LOSS_PARTS]; /* added to by forward; the caller zeroes it */
} run;

/* ---- build: builders return NULL after a failure and accept NULL inputs -------------
 */

void graph_init(graph *g, const params *p, bool reference_kernels);
node *graph_input(graph *g, int h, int w, int c);
/* weight: (oc,c,kh,kw); kernel size and channels come from the parameter. bias: -1 none
 */
node *graph_conv(graph *g, node *x, int weight, int bias, int stride, int pad);
node *graph_conv_transposed(graph *g, node *x, int weight, int bias, int stride,
                            int pad);
node *graph_relu(graph *g, node *x);
node *graph_add(graph *g, node *a, node *b);
/*
 * y = nearest code of every pixel of z (forward), gradient straight through (backward),
 * plus both codebook losses. Statistics of the shard (counts, sums) go to the gradient
 * buffer of ema_count and ema_sum. The indices stay readable through run_codes.
 */
node *graph_quantize(graph *g, node *z, const quantize_attr *attr);
/* LOSS_RECON += weight * mean((a - b)^2); the gradient goes to a alone. */
node *graph_mse(graph *g, node *a, node *b, float weight);

/* ---- plan ---------------------------------------------------------------------------
 */

/*
 * Lay out memory for at most max_n images. TRAIN keeps what backward needs; INFER
 * reuses buffers by lifetime, and only the last node's y (and run_codes) is readable at
 * the end. Returns the first failure of the builders, if any. May be called again.
 */
vq_status graph_plan(graph *g, int max_n, graph_mode mode, vq_error *err);

/* Write packed weights [g->packed_floats] of nodes [first, last). */
void graph_pack(const graph *g, int first, int last, float *packed);

/* ---- run ----------------------------------------------------------------------------
 */

vq_status run_init(run *r, const graph *g, vq_error *err);
void run_release(run *r);

float *run_y(const run *r, const node *nd);       /* [r->n, y.h, y.w, y.c] */
float *run_dy(const run *r, const node *nd);      /* same shape; TRAIN only */
int32_t *run_codes(const run *r, const node *nd); /* [r->n, y.h, y.w] of a quantize */
float *run_scratch(const run *r);
const float *run_packed(const run *r, const node *nd);

/* All nodes in order; the caller has filled the inputs' run_y and set n and scale. */
void graph_forward(run *r);

/*
 * All nodes in reverse. With no loss node the caller fills the last node's dy first; a
 * gradient for an input is computed only if its needs_dy was set before graph_plan.
 */
void graph_backward(run *r);

#endif
