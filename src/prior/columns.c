/* SPDX-License-Identifier: MIT */
#include "prior/columns.h"

#include <string.h>

#include "base/finite.h"

static size_t floats(size_t n)
{
    return arena_round(n * sizeof(float));
}

static const float *value(const columns_net *cn, int index)
{
    return cn->net->p.value + cn->net->p.table[index].offset;
}

/* ---- weights ----------------------------------------------------------------------
 */

/* A convolution's weights are a matrix [taps and channels, oc]. */
static int matrix_rows(const param *p)
{
    return p->dims[2] * p->dims[3] * p->dims[1];
}

/* Pack a convolution: the first pass, without memory, counts bytes. */
static float *take(columns_net *cn, prior_conv conv, size_t *bytes)
{
    const param *p = &cn->net->p.table[conv.weight];
    size_t size = floats(cn->simd->exact_size(matrix_rows(p), p->dims[0]));
    *bytes += size;
    if (!cn->memory.memory)
        return NULL;
    float *packed = arena_take(&cn->memory, size);
    cn->simd->exact_pack(value(cn, conv.weight), matrix_rows(p), p->dims[0], packed);
    return packed;
}

static size_t take_all(columns_net *cn)
{
    const pixelcnn *net = cn->net;
    size_t bytes = 0;
    for (int i = 0; i < net->shape.depth; i++) {
        const prior_layer *l = &net->layer[i];
        cn->layer[i].vertical = take(cn, l->vertical, &bytes);
        cn->layer[i].to_horizontal = take(cn, l->to_horizontal, &bytes);
        cn->layer[i].horizontal = take(cn, l->horizontal, &bytes);
        cn->layer[i].out = take(cn, l->out, &bytes);
    }
    for (int b = 0; b < net->shape.books; b++) {
        cn->head[b].hidden = take(cn, net->head[b].hidden, &bytes);
        cn->head[b].out = take(cn, net->head[b].out, &bytes);
    }
    return bytes;
}

vq_status columns_net_init(columns_net *cn, const pixelcnn *net, vq_error *err)
{
    *cn = (columns_net){.net = net, .simd = simd_best()};
    vq_status status = arena_init(&cn->memory, take_all(cn), err);
    if (status == VQ_OK)
        take_all(cn);
    return status;
}

void columns_net_release(columns_net *cn)
{
    arena_release(&cn->memory);
    *cn = (columns_net){0};
}

/* ---- memory -----------------------------------------------------------------------
 */

static int reach(const prior_shape *s, int layer)
{
    return prior_horizontal_taps(s, layer).left;
}

static int taps_most(const prior_shape *s)
{
    prior_taps a = prior_vertical_taps(s, 0), b = prior_vertical_taps(s, 1);
    return a.kh * a.kw > b.kh * b.kw ? a.kh * a.kw : b.kh * b.kw;
}

/* Take `n` floats, or only count them while there is no memory. */
static float *room(columns *c, size_t n, size_t *bytes)
{
    *bytes += floats(n);
    return c->memory.memory ? arena_take(&c->memory, floats(n)) : NULL;
}

static size_t carve(columns *c)
{
    const prior_shape *s = &c->cn->net->shape;
    size_t n = (size_t)c->most, w = (size_t)c->w, d = (size_t)s->width, bytes = 0;
    size_t classes = arena_round(n * (size_t)s->depth * sizeof *c->classes);
    for (int i = 0; i < s->depth; i++) {
        c->v[i] = room(c, (size_t)c->rows * n * w * d, &bytes);
        c->x[i] = room(c, n * ((size_t)reach(s, i) + w) * d, &bytes);
        c->add[i] = room(c, n * w * 2 * d, &bytes);
    }
    c->top = room(c, n * d, &bytes);
    c->earlier = room(c, n * (size_t)s->hidden, &bytes);
    c->hidden = room(c, n * (size_t)s->hidden, &bytes);
    c->logits = room(c, n * (size_t)s->codes, &bytes);
    c->taps = room(c, n * w * (size_t)taps_most(s) * d, &bytes);
    c->wide = room(c, n * w * 2 * d, &bytes);
    c->factors = room(c, w * 2 * d, &bytes);
    c->narrow = room(c, n * d, &bytes);
    c->classes = c->memory.memory ? arena_take(&c->memory, classes) : NULL;
    return bytes + classes;
}

vq_status columns_init(columns *c, const columns_net *cn, int most, int h, int w,
                       vq_error *err)
{
    const prior_shape *s = &cn->net->shape;
    int widest = s->first > s->kernel ? s->first : s->kernel;
    *c = (columns){
        .cn = cn, .most = most, .n = most, .h = h, .w = w, .rows = widest / 2 + 1};
    vq_status status = arena_init(&c->memory, carve(c), err);
    if (status == VQ_OK)
        carve(c);
    return status;
}

void columns_release(columns *c)
{
    arena_release(&c->memory);
    *c = (columns){0};
}

void columns_begin(columns *c, int n, const int *label)
{
    const pixelcnn *net = c->cn->net;
    c->n = n;
    c->overflowed = false;
    for (int i = 0; i < n; i++)
        for (int l = 0; l < net->shape.depth; l++) {
            int table = net->layer[l].classes;
            c->classes[i * net->shape.depth + l] =
                table < 0 ? NULL
                          : value(c->cn, table) +
                                (size_t)label[i] * 2 * (size_t)net->shape.width;
        }
}

/* ---- steps ------------------------------------------------------------------------
 */

static exact_product product_of(const columns *c, prior_conv conv, const float *packed,
                                int m, const float *a, float *to)
{
    const param *p = &c->cn->net->p.table[conv.weight];
    int k = matrix_rows(p);
    return (exact_product){.m = m,
                           .n = p->dims[0],
                           .k = k,
                           .a = a,
                           .a_row = k,
                           .w = packed,
                           .bias = value(c->cn, conv.bias),
                           .c = to,
                           .c_row = p->dims[0]};
}

/* A row of picture i among the last R rows of what goes into layer l's vertical. */
static float *row_of(const columns *c, int l, int row, int i)
{
    size_t d = (size_t)c->cn->net->shape.width;
    size_t at = (size_t)(row % c->rows) * (size_t)c->n + (size_t)i;
    return c->v[l] + at * (size_t)c->w * d;
}

/* Under the vertical kernel at every column of the row: [n,w,kh,kw,d], zeros outside.
 */
static void gather(const columns *c, int l)
{
    prior_taps t = prior_vertical_taps(&c->cn->net->shape, l);
    size_t d = (size_t)c->cn->net->shape.width;
    float *to = c->taps;
    for (int i = 0; i < c->n; i++)
        for (int j = 0; j < c->w; j++)
            for (int a = 0; a < t.kh; a++, to += (size_t)t.kw * d) {
                int row = c->row - t.above + a, left = j - t.left;
                int from = left < 0 ? -left : 0;
                int end = left + t.kw > c->w ? c->w - left : t.kw;
                memset(to, 0, (size_t)t.kw * d * sizeof *to);
                if (row >= 0)
                    memcpy(to + (size_t)from * d,
                           row_of(c, l, row, i) + (size_t)(left + from) * d,
                           (size_t)(end - from) * d * sizeof *to);
            }
}

static const float *class_of(const columns *c, int i, int l)
{
    return c->classes[i * c->cn->net->shape.depth + l];
}

void columns_row(columns *c, int row)
{
    const pixelcnn *net = c->cn->net;
    const simd *s = c->cn->simd;
    size_t w = (size_t)c->w, d = (size_t)net->shape.width;
    c->row = row;
    for (int l = 0; l < net->shape.depth; l++) {
        gather(c, l);
        exact_product down =
            product_of(c, net->layer[l].vertical, c->cn->layer[l].vertical, c->n * c->w,
                       c->taps, c->wide);
        s->exact_run(&down);
        exact_product over =
            product_of(c, net->layer[l].to_horizontal, c->cn->layer[l].to_horizontal,
                       c->n * c->w, c->wide, c->add[l]);
        s->exact_run(&over);
        for (int i = 0; i < c->n && l + 1 < net->shape.depth; i++)
            s->gate(c->wide + (size_t)i * w * 2 * d, class_of(c, i, l), w, d,
                    c->factors, row_of(c, l + 1, row, i));
    }
}

/* Channels of picture i at a column of what goes into layer l's horizontal. */
static float *column_of(const columns *c, int l, int column, int i)
{
    const prior_shape *s = &c->cn->net->shape;
    size_t at = (size_t)i * (size_t)(reach(s, l) + c->w);
    return c->x[l] + (at + (size_t)(reach(s, l) + column)) * (size_t)s->width;
}

void columns_position(columns *c, int column)
{
    const pixelcnn *net = c->cn->net;
    const simd *s = c->cn->simd;
    const int d = net->shape.width, depth = net->shape.depth;
    c->column = column;
    for (int l = 0; l < depth; l++) {
        for (int i = 0; i < c->n; i++)
            memcpy(c->wide + (size_t)i * 2 * (size_t)d,
                   c->add[l] + (size_t)(i * c->w + column) * 2 * (size_t)d,
                   2 * (size_t)d * sizeof *c->wide);
        exact_product along =
            product_of(c, net->layer[l].horizontal, c->cn->layer[l].horizontal, c->n,
                       column_of(c, l, column - reach(&net->shape, l), 0), c->wide);
        along.a_row = (ptrdiff_t)(reach(&net->shape, l) + c->w) * d;
        along.accumulate = true;
        s->exact_run(&along);
        for (int i = 0; i < c->n; i++)
            s->gate(c->wide + (size_t)i * 2 * (size_t)d, class_of(c, i, l), 1,
                    (size_t)d, c->factors, c->narrow + (size_t)i * (size_t)d);
        bool last = l + 1 == depth;
        float *to = last ? c->top : column_of(c, l + 1, column, 0);
        exact_product out =
            product_of(c, net->layer[l].out, c->cn->layer[l].out, c->n, c->narrow, to);
        out.c_row = last ? d : (ptrdiff_t)(reach(&net->shape, l + 1) + c->w) * d;
        out.accumulate = l > 0;
        for (int i = 0; i < c->n && l > 0; i++)
            memcpy(to + i * out.c_row, column_of(c, l, column, i),
                   (size_t)d * sizeof *to);
        s->exact_run(&out);
    }
}

const float *columns_logits(columns *c, int book)
{
    const pixelcnn *net = c->cn->net;
    const simd *s = c->cn->simd;
    size_t count = (size_t)c->n * (size_t)net->shape.hidden;
    exact_product in = product_of(c, net->head[book].hidden, c->cn->head[book].hidden,
                                  c->n, c->top, c->hidden);
    if (book > 0)
        memcpy(c->hidden, c->earlier, count * sizeof *c->hidden);
    in.accumulate = book > 0;
    s->exact_run(&in);
    s->relu(c->hidden, count, c->hidden);
    exact_product out = product_of(c, net->head[book].out, c->cn->head[book].out, c->n,
                                   c->hidden, c->logits);
    s->exact_run(&out);
    if (!all_finite(c->logits, (size_t)c->n * (size_t)net->shape.codes))
        c->overflowed = true;
    return c->logits;
}

/* to = row, or += row */
static void put_row(const simd *s, const float *row, size_t n, bool add, float *to)
{
    if (add)
        s->add(to, row, n, to);
    else
        memcpy(to, row, n * sizeof *to);
}

void columns_put(columns *c, int book, const int32_t *code, size_t step)
{
    const pixelcnn *net = c->cn->net;
    size_t d = (size_t)net->shape.width, hidden = (size_t)net->shape.hidden;
    for (int i = 0; i < c->n; i++) {
        size_t k = (size_t)code[(size_t)i * step];
        float *x = column_of(c, 0, c->column, i);
        put_row(c->cn->simd, value(c->cn, net->embedding[book]) + k * d, d, book > 0,
                x);
        memcpy(row_of(c, 0, c->row, i) + (size_t)c->column * d, x, d * sizeof *x);
        if (book + 1 < net->shape.books)
            put_row(c->cn->simd, value(c->cn, net->head[book + 1].earlier) + k * hidden,
                    hidden, book > 0, c->earlier + (size_t)i * hidden);
    }
}

vq_status columns_check(const columns *c, vq_error *err)
{
    return c->overflowed ? pixelcnn_fail_infinite(err) : VQ_OK;
}
