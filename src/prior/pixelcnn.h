/*
 * SPDX-License-Identifier: MIT
 *
 * The prior: a gated PixelCNN over the codes of a VQ-VAE (van den Oord et al. 2016,
 * arXiv:1606.05328), as parameters and graphs.
 *
 *   codes (i,j) -> embedding -> v[0] = h[0]
 *   layer l   a = vertical(v[l])      v[l+1] = gate(a + class)
 *             b = to_horizontal(a) + horizontal(h[l])
 *                                     h[l+1] = out(gate(b + class)) (+ h[l] for l > 0)
 *   head      logits = out(relu(hidden(h[depth])))
 *
 * The vertical stack at row i sees rows above i, all columns within reach; the
 * horizontal one row i left of j. Layer 0 (mask A) leaves its own position out, the
 * others (mask B) do not; only live taps exist as parameters. A position of several
 * codes has an embedding and a head for each; the head of code b also sees the codes
 * before it at its position: relu(hidden(h) + sum over b' < b of row code b').
 * Tested in tests/prior/test_pixelcnn.c.
 */
#ifndef VQ_PRIOR_PIXELCNN_H
#define VQ_PRIOR_PIXELCNN_H

#include "autograd/graph.h"
#include "autograd/params.h"
#include "base/status.h"

#define PRIOR_DEPTH_MAX 24
#define PRIOR_BOOKS_MAX 16
#define PRIOR_WIDTH_MAX 1024
#define PRIOR_KERNEL_MAX 15
#define PRIOR_CODES_MAX (1 << 20)
#define PRIOR_CLASSES_MAX 100000

typedef struct prior_shape {
    int codes;         /* K */
    int books;         /* codes of a position */
    int classes;       /* rows of the class tables; 0: unconditional */
    int width;         /* channels of both stacks */
    int depth;         /* layers */
    int first, kernel; /* kernel sizes of layer 0 and of the others, odd */
    int hidden;        /* channels of the heads */
} prior_shape;

/* Parameter indices. */
typedef struct prior_conv {
    int weight, bias;
} prior_conv;

typedef struct prior_layer {
    int classes; /* [classes, 2 width]; -1: none */
    prior_conv vertical, to_horizontal, horizontal, out;
} prior_layer;

typedef struct prior_head {
    int earlier; /* [K, hidden] of the code before this one; -1 in the first */
    prior_conv hidden, out;
} prior_head;

typedef struct pixelcnn {
    prior_shape shape;
    params p; /* values are owned */
    int embedding[PRIOR_BOOKS_MAX];
    prior_layer layer[PRIOR_DEPTH_MAX];
    prior_head head[PRIOR_BOOKS_MAX];
} pixelcnn;

/* VQ_EUSAGE: a size out of range, or an even kernel. */
vq_status prior_shape_check(const prior_shape *s, vq_error *err);

/* The live part of a kernel: size, and how far up and left its first tap lies. Of size
 * [kh,kw] in files, whose last row (vertical) or column (horizontal) is masked in layer
 * 0. */
typedef struct prior_taps {
    int kh, kw, above, left;
    int file_kh, file_kw;
} prior_taps;

prior_taps prior_vertical_taps(const prior_shape *s, int layer);
prior_taps prior_horizontal_taps(const prior_shape *s, int layer);

/* The parameters of a shape that was checked: names, sizes, offsets; no memory yet. */
void pixelcnn_layout(pixelcnn *net, const prior_shape *shape);
/* Layout, then zeroed values. VQ_ENOMEM. */
vq_status pixelcnn_init(pixelcnn *net, const prior_shape *shape, vq_error *err);
void pixelcnn_release(pixelcnn *net);

/* Initial values from a seed: Xavier's uniform weights, biases of zero, tables N(0,1).
 */
void pixelcnn_draw(pixelcnn *net, uint64_t seed);

int64_t pixelcnn_parameters(const pixelcnn *net);
/* FNV-1a over shape and values; never 0. */
uint64_t pixelcnn_fingerprint(const pixelcnn *net);

/* VQ_EINPUT, of logits that are not finite: finite weights of a file may give such. */
vq_status pixelcnn_fail_infinite(vq_error *err);

/* Channels of a graph's input: the codes of a position, then the class, if any. */
int pixelcnn_channels(const prior_shape *s);

typedef struct pixelcnn_nodes {
    node *input; /* [h,w,channels], as graph_embed says */
    node *logits[PRIOR_BOOKS_MAX];
} pixelcnn_nodes;

/*
 * Build (not plan) the graph for h x w positions, with LOSS_NATS, the mean over
 * positions and books, and LOSS_HITS. In CONV_LOCAL kernels no later code shows in a
 * logit, not even in its last bit; CONV_FASTEST, for training, may let one show there.
 * dropout, on what each layer adds to the horizontal stack, is for training too.
 */
pixelcnn_nodes pixelcnn_graph(const pixelcnn *net, graph *g, int h, int w,
                              conv_choice kernels, float dropout);

#endif
