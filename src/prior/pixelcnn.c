/* SPDX-License-Identifier: MIT */
#include "prior/pixelcnn.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"

/* ---- sizes ------------------------------------------------------------------------
 */

static vq_status check_range(const char *what, int value, int least, int most,
                             vq_error *err)
{
    if (value >= least && value <= most)
        return VQ_OK;
    return vq_fail(err, VQ_EUSAGE, "the prior's %s must be in [%d, %d], not %d", what,
                   least, most, value);
}

vq_status prior_shape_check(const prior_shape *s, vq_error *err)
{
    vq_status status;
    TRY(check_range("codes", s->codes, 1, PRIOR_CODES_MAX, err));
    TRY(check_range("codes of a position", s->books, 1, PRIOR_BOOKS_MAX, err));
    TRY(check_range("classes", s->classes, 0, PRIOR_CLASSES_MAX, err));
    TRY(check_range("width", s->width, 1, PRIOR_WIDTH_MAX, err));
    TRY(check_range("depth", s->depth, 1, PRIOR_DEPTH_MAX, err));
    TRY(check_range("first kernel", s->first, 3, PRIOR_KERNEL_MAX, err));
    TRY(check_range("kernel", s->kernel, 3, PRIOR_KERNEL_MAX, err));
    TRY(check_range("hidden channels", s->hidden, 1, 16 * PRIOR_WIDTH_MAX, err));
    if (s->first % 2 == 0 || s->kernel % 2 == 0)
        status = vq_fail(err, VQ_EUSAGE, "the prior's kernels must be odd, not %d",
                         s->first % 2 == 0 ? s->first : s->kernel);
out:
    return status;
}

prior_taps prior_vertical_taps(const prior_shape *s, int layer)
{
    int k = layer == 0 ? s->first : s->kernel, half = k / 2;
    return (prior_taps){.kh = layer == 0 ? half : half + 1,
                        .kw = k,
                        .above = half,
                        .left = half,
                        .file_kh = half + 1,
                        .file_kw = k};
}

prior_taps prior_horizontal_taps(const prior_shape *s, int layer)
{
    int k = layer == 0 ? s->first : s->kernel, half = k / 2;
    return (prior_taps){.kh = 1,
                        .kw = layer == 0 ? half : half + 1,
                        .above = 0,
                        .left = half,
                        .file_kh = 1,
                        .file_kw = half + 1};
}

vq_status pixelcnn_fail_infinite(vq_error *err)
{
    return vq_fail(err, VQ_EINPUT,
                   "the prior gives infinities: its weights are too large, or damaged");
}

int pixelcnn_channels(const prior_shape *s)
{
    return s->books + (s->classes > 0);
}

/* ---- parameters -------------------------------------------------------------------
 */

static int add(pixelcnn *net, const char *prefix, const char *name, param spec)
{
    int n = snprintf(spec.name, sizeof spec.name, "%s%s", prefix, name);
    assert(n > 0 && n < (int)sizeof spec.name);
    spec.saved = true;
    int index = params_add(&net->p, &spec);
    assert(index >= 0); /* the limits leave room */
    return index;
}

static int add_table(pixelcnn *net, const char *prefix, const char *name, int rows,
                     int columns)
{
    return add(net, prefix, name, (param){.rank = 2, .dims = {rows, columns}});
}

static prior_conv add_conv(pixelcnn *net, const char *prefix, const char *name, int oc,
                           int c, prior_taps taps)
{
    char text[PARAM_NAME_MAX];
    param weight = {.rank = 4, .dims = {oc, c, taps.kh, taps.kw}, .layout = PARAM_CONV};
    prior_conv conv;
    snprintf(text, sizeof text, "%s.weight", name);
    conv.weight = add(net, prefix, text, weight);
    snprintf(text, sizeof text, "%s.bias", name);
    conv.bias = add(net, prefix, text, (param){.rank = 1, .dims = {oc}});
    return conv;
}

static const prior_taps point = {.kh = 1, .kw = 1};

/* In the order of the public state_dict, as are the tensors of its heads. */
static void add_layer(pixelcnn *net, int i)
{
    const prior_shape *s = &net->shape;
    prior_layer *l = &net->layer[i];
    int d = s->width;
    char prefix[32];
    snprintf(prefix, sizeof prefix, "layers.%d.", i);
    l->classes = -1;
    if (s->classes > 0)
        l->classes =
            add_table(net, prefix, "class_cond_embedding.weight", s->classes, 2 * d);
    l->vertical =
        add_conv(net, prefix, "vert_stack", 2 * d, d, prior_vertical_taps(s, i));
    l->to_horizontal = add_conv(net, prefix, "vert_to_horiz", 2 * d, 2 * d, point);
    l->horizontal =
        add_conv(net, prefix, "horiz_stack", 2 * d, d, prior_horizontal_taps(s, i));
    l->out = add_conv(net, prefix, "horiz_resid", d, d, point);
}

static void add_head(pixelcnn *net, int b, const char *prefix)
{
    const prior_shape *s = &net->shape;
    prior_head *head = &net->head[b];
    head->earlier =
        b > 0 ? add_table(net, prefix, "earlier.weight", s->codes, s->hidden) : -1;
    head->hidden = add_conv(net, prefix, "output_conv.0", s->hidden, s->width, point);
    head->out = add_conv(net, prefix, "output_conv.2", s->codes, s->hidden, point);
}

void pixelcnn_layout(pixelcnn *net, const prior_shape *shape)
{
    *net = (pixelcnn){.shape = *shape};
    net->embedding[0] =
        add_table(net, "", "embedding.weight", shape->codes, shape->width);
    for (int i = 0; i < shape->depth; i++)
        add_layer(net, i);
    add_head(net, 0, "");
    for (int b = 1; b < shape->books; b++) {
        char prefix[32];
        snprintf(prefix, sizeof prefix, "books.%d.", b);
        net->embedding[b] =
            add_table(net, prefix, "embedding.weight", shape->codes, shape->width);
        add_head(net, b, prefix);
    }
}

vq_status pixelcnn_init(pixelcnn *net, const prior_shape *shape, vq_error *err)
{
    pixelcnn_layout(net, shape);
    return params_allocate(&net->p, err);
}

void pixelcnn_release(pixelcnn *net)
{
    params_release(&net->p);
    *net = (pixelcnn){0};
}

int64_t pixelcnn_parameters(const pixelcnn *net)
{
    int64_t n = 0;
    for (int i = 0; i < net->p.n; i++)
        n += (int64_t)net->p.table[i].count;
    return n;
}

static uint64_t hash(uint64_t h, uint32_t word)
{
    return (h ^ word) * 0x100000001b3u;
}

uint64_t pixelcnn_fingerprint(const pixelcnn *net)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (int i = 0; i < net->p.n; i++) {
        const param *p = &net->p.table[i];
        for (int r = 0; r < p->rank; r++)
            h = hash(h, (uint32_t)p->dims[r]);
        for (size_t k = 0; k < p->count; k++) {
            uint32_t bits;
            memcpy(&bits, &net->p.value[p->offset + k], sizeof bits);
            h = hash(h, bits);
        }
    }
    return h ? h : 1;
}

/* ---- initial values ---------------------------------------------------------------
 */

/* Taps of the kernel that files hold: masked ones count in Xavier's fans. */
static int file_taps(const pixelcnn *net, int index)
{
    const param *p = &net->p.table[index];
    for (int i = 0; i < net->shape.depth; i++) {
        prior_taps v = prior_vertical_taps(&net->shape, i);
        prior_taps h = prior_horizontal_taps(&net->shape, i);
        if (index == net->layer[i].vertical.weight)
            return v.file_kh * v.file_kw;
        if (index == net->layer[i].horizontal.weight)
            return h.file_kh * h.file_kw;
    }
    return p->dims[2] * p->dims[3];
}

void pixelcnn_draw(pixelcnn *net, uint64_t seed)
{
    for (int i = 0; i < net->p.n; i++) {
        const param *p = &net->p.table[i];
        float *v = net->p.value + p->offset;
        rng r = rng_make(seed, RNG_WEIGHTS, (uint32_t)i);
        float bound = 0;
        if (p->layout == PARAM_CONV)
            bound =
                sqrtf(6.0f / (float)((p->dims[0] + p->dims[1]) * file_taps(net, i)));
        for (size_t k = 0; k < p->count; k++)
            v[k] = p->rank == 2   ? rng_normal(&r)
                   : p->rank == 4 ? rng_uniform(&r, -bound, bound)
                                  : 0;
    }
}

/* ---- graph ------------------------------------------------------------------------
 */

static node *conv(graph *g, node *x, prior_conv c, prior_taps taps)
{
    return graph_conv_masked(g, x, c.weight, c.bias, taps.above, taps.left);
}

static node *gate(const pixelcnn *net, graph *g, node *x, node *codes, int table)
{
    return table < 0 ? graph_gate(g, x)
                     : graph_gate_class(g, x, codes, net->shape.books, table);
}

/* One layer: *v and *h go in and come out. Nobody needs the last *v. */
static void build_layer(const pixelcnn *net, graph *g, int i, node *codes, node **v,
                        node **h, float dropout)
{
    const prior_shape *s = &net->shape;
    const prior_layer *l = &net->layer[i];
    node *a = conv(g, *v, l->vertical, prior_vertical_taps(s, i));
    node *b = graph_add(g, conv(g, a, l->to_horizontal, point),
                        conv(g, *h, l->horizontal, prior_horizontal_taps(s, i)));
    if (i + 1 < s->depth)
        *v = gate(net, g, a, codes, l->classes);
    b = gate(net, g, b, codes, l->classes);
    if (dropout > 0)
        b = graph_dropout(g, b, dropout);
    b = conv(g, b, l->out, point);
    *h = i == 0 ? b : graph_add(g, b, *h);
}

pixelcnn_nodes pixelcnn_graph(const pixelcnn *net, graph *g, int h, int w,
                              conv_choice kernels, float dropout)
{
    const prior_shape *s = &net->shape;
    pixelcnn_nodes nodes = {0};
    graph_init(g, &net->p, false);
    g->kernels = kernels;
    nodes.input = graph_input(g, h, w, pixelcnn_channels(s));
    node *x = graph_embed(g, nodes.input, 0, net->embedding[0]), *v, *earlier = NULL;
    for (int b = 1; b < s->books; b++)
        x = graph_add(g, x, graph_embed(g, nodes.input, b, net->embedding[b]));
    v = x;
    for (int i = 0; i < s->depth; i++)
        build_layer(net, g, i, nodes.input, &v, &x, dropout);
    for (int b = 0; b < s->books; b++) {
        const prior_head *head = &net->head[b];
        node *y = conv(g, x, head->hidden, point);
        if (b > 0) {
            node *row = graph_embed(g, nodes.input, b - 1, head->earlier);
            earlier = earlier ? graph_add(g, earlier, row) : row;
            y = graph_add(g, y, earlier);
        }
        nodes.logits[b] = conv(g, graph_relu(g, y), head->out, point);
        graph_cross_entropy(g, nodes.logits[b], nodes.input, b, 1 / (float)s->books);
    }
    return nodes;
}
