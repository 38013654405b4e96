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

#include "autograd/books.h"
#include "autograd/fsq.h"
#include "autograd/params.h"
#include "base/arena.h"
#include "base/status.h"
#include "tensor/conv_select.h"
#include "tensor/tensor.h"

struct graph;
struct node;
struct run;

typedef enum direction { FORWARD, BACKWARD, DIRECTIONS } direction;

typedef struct op {
    const char *name;
    int n_in; /* inputs: 0, 1 or 2 */

    /* What graph_plan must know to let buffers share memory. */
    bool in_place; /* may write y over its first input, and dx over dy */
    bool reads_x;  /* backward reads the inputs' y */
    bool x_for_dw; /* for the weight's gradient alone */
    bool reads_y;  /* backward reads its own y */
    bool is_loss;  /* has no y; backward starts here */
    bool sets_dw;  /* backward can replace the weight's gradient: see first_dw */

    /* Set y's h, w, c and the attributes from the inputs; VQ_EINTERNAL: they clash. */
    vq_status (*shape)(struct node *nd, const struct graph *g, vq_error *err);

    /* Floats of scratch for n images, of data kept for backward. */
    size_t (*scratch_size)(const struct node *nd, int n); /* NULL: none */
    size_t (*kept_size)(const struct node *nd, int n);    /* NULL: none */

    /* Floats of weights re-arranged for the kernels of one direction, and doing so:
     * once per change of the weights. Backward ones are for the gradient of the input.
     */
    size_t (*packed_size)(const struct node *nd, direction dir); /* NULL: none */
    void (*pack)(const struct node *nd, direction dir, const params *p, float *packed);

    /*
     * backward adds the parameters' gradients, and for each input that needs_dy
     * replaces its dy (first_dx) or adds to it. Both are NULL for an input.
     */
    void (*forward)(const struct node *nd, struct run *r);
    void (*backward)(const struct node *nd, struct run *r);
} op;

/*
 * Parts of the loss, in vq_progress order. Each is weighted: the loss is their sum.
 * Last a figure that is no part: the mean squared error where LOSS_RECON is not made of
 * it.
 */
enum {
    LOSS_RECON,
    LOSS_CODEBOOK,
    LOSS_COMMITMENT,
    LOSS_PARTS,
    LOSS_SQUARE = LOSS_PARTS,
    LOSS_FIGURES,

    /* what a graph that predicts codes has instead: the cross-entropy, and the share of
     * codes that the largest logit tells */
    LOSS_NATS = LOSS_RECON,
    LOSS_HITS = LOSS_SQUARE
};

typedef struct quantize_attr {
    books b;                 /* levels and heads, 0 meaning 1; k and d are set by
                                graph_quantize from the codebook */
    bool ema;                /* codebook moved by its statistics, not by a gradient */
    bool rotation;           /* z's gradient is turned as z is, autograd/rotation.h */
    float codebook_weight;   /* of mean((sg[z] - e)^2); unused with ema */
    float commitment_weight; /* of mean((z - sg[e])^2) */
    int codebook, ema_sum, ema_count; /* parameter indices; see graph_quantize */
} quantize_attr;

typedef struct node {
    const op *op;
    int id;             /* position in the graph */
    struct node *in[2]; /* NULL: unused */
    tensor y;           /* shape; y.n is the planned maximum, y.v unused */
    int weight, bias;   /* parameters that get a gradient here, -1: none */

    union {
        struct {
            conv_shape shape;
            const conv_kernel *kernel;
            bool same; /* y has x's height and width, whatever the padding */
        } conv;
        quantize_attr quantize;
        struct {
            fsq levels;
            int count; /* parameter [codes] */
        } fsq;
        float loss_weight; /* of the mean that a reconstruction loss is */
        struct {
            int channel;  /* of an input that holds codes, or the image's class */
            float weight; /* of a cross-entropy's mean */
        } codes;
        float rate; /* of dropout */
    } attr;

    /* set by graph_plan; offsets in floats into a run's arena */
    size_t y_at, dy_at, kept_at, packed_at[DIRECTIONS];
    bool needs_dy;    /* the gradient of y is computed: a parameter lies before it. The
                         caller sets it to ask for an input's gradient. */
    bool first_dx[2]; /* this node is the first in backward to write in[i]'s dy */
    bool first_dw;    /* and the first to write its weight's gradient */
} node;

typedef enum graph_mode {
    GRAPH_TRAIN, /* forward, and backward to parameters and inputs */
    GRAPH_PROBE, /* forward, and backward to the inputs whose needs_dy is set, alone */
    GRAPH_INFER  /* forward */
} graph_mode;

#define GRAPH_MAX_NODES 384

typedef struct graph {
    node nodes[GRAPH_MAX_NODES];
    int n_nodes;
    const params *p;     /* borrowed; must outlive the graph */
    conv_choice kernels; /* of convolutions; may be changed before they are added */
    vq_status status;    /* the first failure while building */
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
    arena memory;        /* owned */
    float *base;         /* [g->run_floats] in memory */
    int n;               /* images in this shard */
    float scale;         /* 1 / images in the full batch */
    const float *packed; /* shared, from graph_pack */
    float *grad;         /* this slot's gradients, at the parameters' offsets;
                            NULL but in TRAIN */
    bool fresh;          /* the next backward replaces what ops can replace in grad,
                            which then need not be zero: set by run_zero */
    double loss[LOSS_FIGURES]; /* added to by forward; the caller zeroes it */
    struct {
        uint64_t seed;
        uint32_t step;
        int first; /* the shard's first image in the batch */
    } draw;        /* where dropout's masks come from; unused without it */
} run;

/* ---- build: builders return NULL after a failure and accept NULL inputs -------------
 */

void graph_init(graph *g, const params *p, bool reference_kernels);
node *graph_input(graph *g, int h, int w, int c);
/* weight: (oc,c,kh,kw); kernel size and channels come from it. bias: [oc], -1 none */
node *graph_conv(graph *g, node *x, int weight, int bias, int stride, int pad);
/*
 * A convolution with the taps of a mask alone, so that masked ones cost nothing: the
 * first tap lies `above` rows above and `left` columns left of the pixel it makes. y is
 * as large as x. With kh <= above, and with above 0 and kw <= left, it is causal in
 * raster order: see prior/pixelcnn.h.
 */
node *graph_conv_masked(graph *g, node *x, int weight, int bias, int above, int left);
/* weight: (channels of x, channels of y, kh, kw), as PyTorch's ConvTranspose2d */
node *graph_conv_transposed(graph *g, node *x, int weight, int bias, int stride,
                            int pad);
node *graph_relu(graph *g, node *x);
node *graph_add(graph *g, node *a, node *b);
/* Every pixel's channels divided by their length. */
node *graph_normalize(graph *g, node *x);
/*
 * y = nearest code of every pixel of z (forward), gradient straight through (backward),
 * plus both codebook losses. The indices stay readable through run_codes. In TRAIN the
 * shard's statistics go to the gradient buffer: to ema_count [k] always, and with ema
 * to ema_sum [k,d]; without, the codebook [k,d] gets the gradient of its loss. With
 * more than one book the shapes are [books,k] and [books,k,d].
 */
node *graph_quantize(graph *g, node *z, const quantize_attr *attr);
/* Rounded to levels, one of z's channels each; counts go to the parameter `count`. */
node *graph_fsq(graph *g, node *z, const fsq *levels, int count);

/*
 * Networks over codes. `codes` is an input [h,w,channels] of whole numbers as floats:
 * codes of the position in some channels, perhaps the image's class in another, of
 * which the first pixel counts. No gradient flows to it.
 */
/* y = row of the table [k,c] that channel's code names. */
node *graph_embed(graph *g, node *codes, int channel, int table);
/* y = tanh(first half of x's channels) sigmoid(second half) */
node *graph_gate(graph *g, node *x);
/* The same of x + row of the table [classes, channels of x] that the class names. */
node *graph_gate_class(graph *g, node *x, node *codes, int channel, int table);
/* rate in [0, .9]; the masks are a function of run.draw */
node *graph_dropout(graph *g, node *x, float rate);
/* LOSS_NATS += weight * mean(-ln softmax(logits)[code]), LOSS_HITS likewise. */
node *graph_cross_entropy(graph *g, node *logits, node *codes, int channel,
                          float weight);

/* LOSS_RECON += weight * mean((a - b)^2); the gradient goes to each that needs one. */
node *graph_mse(graph *g, node *a, node *b, float weight);
/* LOSS_RECON += weight * mean(|a - b|), likewise; and LOSS_SQUARE. */
node *graph_l1(graph *g, node *a, node *b, float weight);

/*
 * What the builders are made of: append a copy of spec (op, in, weight, bias, attr).
 * NULL: an earlier failure, an input that is missing, a full graph, clashing shapes.
 */
node *graph_append(graph *g, const node *spec);

/* The check of an operation whose two inputs have one shape: VQ_EINTERNAL if not. */
vq_status graph_inputs_alike(node *nd, const graph *g, vq_error *err);

/* The check of an op whose weight is a table, and whose last input holds codes:
 * VQ_EINTERNAL unless it has rank 2 and that many columns (0: any), and the channel is
 * there. */
vq_status graph_check_table(const node *nd, const graph *g, int width, vq_error *err);

/* ---- plan ---------------------------------------------------------------------------
 */

/*
 * Lay out memory for at most max_n images. Buffers whose lifetimes do not meet share
 * memory, so an input must be filled before every forward, and afterwards these can be
 * read: the last node's y, run_codes, with a backward the y of what a loss compares
 * (until then) and the dy of inputs. PROBE keeps what passes gradients on (ReLU's
 * outputs) and not what weights' gradients would need. Returns the first failure of the
 * builders, if any. VQ_EINTERNAL: a node is used by no other and is neither a loss nor
 * the last one. May be called again.
 */
vq_status graph_plan(graph *g, int max_n, graph_mode mode, vq_error *err);

/* Of a planned graph: does nd compute the gradient of its first input? */
bool graph_goes_back(const graph *g, const node *nd);

/* Write the packed weights of nodes [first, last) into packed [g->packed_floats]: in
 * INFER those of forward alone. */
void graph_pack(const graph *g, int first, int last, float *packed);

/* ---- run ----------------------------------------------------------------------------
 */

/* VQ_ENOMEM. Releasing a zeroed or failed run is legal. */
vq_status run_init(run *r, const graph *g, vq_error *err);
void run_release(run *r);

float *run_y(const run *r, const node *nd);    /* [r->n, y.h, y.w, y.c] */
float *run_dy(const run *r, const node *nd);   /* same shape; only if needs_dy */
float *run_kept(const run *r, const node *nd); /* what the op keeps for backward */
/* [r->n, y.h, y.w, depth] of a quantize, [r->n, y.h, y.w] of an fsq */
int32_t *run_codes(const run *r, const node *nd);
float *run_scratch(const run *r);
const float *run_packed(const run *r, const node *nd, direction dir);
size_t run_count(const run *r, const node *nd); /* floats of y for r->n images */

/* The code in a channel of an input, at a pixel of the shard. */
int run_code(const run *r, const node *codes, int channel, size_t pixel);

/* A parameter's values, and its place in the run's gradient buffer. */
const float *run_value(const run *r, int index);
float *run_gradient(const run *r, int index);

/* Make the gradient buffer ready to be added to: zero, but for the weights whose first
 * gradient replaces what is there. */
void run_zero(run *r);

/* All nodes in order; the caller has filled the inputs' run_y and set n and scale. */
void graph_forward(run *r);

/*
 * All nodes in reverse, after a forward. With no loss node the caller fills the last
 * node's dy first; a gradient for an input is computed only if its needs_dy was set
 * before graph_plan.
 */
void graph_backward(run *r);

#endif
