/*
 * SPDX-License-Identifier: MIT
 *
 * The vector quantizer: y = e[code], the codebook row nearest to z, with
 *
 *   LOSS_CODEBOOK   += codebook_weight * mean((sg[z] - e)^2)     not with ema
 *   LOSS_COMMITMENT += commitment_weight * mean((z - sg[e])^2)
 *
 * With several books y is the sum of the levels' codes and both losses are summed over
 * the levels, each of which takes what the levels before it left over for its z.
 *
 * Backward is straight through: dz = dy exactly, or with `rotation` dy turned as z was
 * turned, plus the commitment's gradient. The codebook gets the gradient of its own
 * loss alone, or with ema the sums of the rows assigned to each code, from which
 * ema_update moves it.
 * Source: van den Oord et al. 2017, arXiv:1711.00937, eq. 2-3 and appendix A.1.
 * Tested in tests/autograd/test_op_quantize.c.
 */
#include <string.h>

#include "autograd/graph.h"
#include "autograd/rotation.h"
#include "autograd/square_distance.h"

/* Is this parameter one value, or one row of d values, for every code? */
static bool fits(const graph *g, int index, const books *b, bool rows)
{
    if (index < 0 || index >= g->p->n)
        return false;
    const param *p = &g->p->table[index];
    int want[3] = {books_depth(b), b->k, b->d};
    int first = books_depth(b) > 1 ? 0 : 1, rank = (rows ? 3 : 2) - first;
    return p->rank == rank && p->layout == PARAM_PLAIN &&
           memcmp(p->dims, want + first, (size_t)rank * sizeof *want) == 0;
}

static vq_status quantize_shape(node *nd, const graph *g, vq_error *err)
{
    quantize_attr *q = &nd->attr.quantize;
    books *b = &q->b;
    nd->y = nd->in[0]->y;
    b->levels = b->levels > 1 ? b->levels : 1;
    b->heads = b->heads > 1 ? b->heads : 1;
    b->d = nd->y.c / b->heads;
    const param *codes =
        q->codebook >= 0 && q->codebook < g->p->n ? &g->p->table[q->codebook] : NULL;
    b->k = codes ? codes->dims[books_depth(b) > 1] : 0;
    if (nd->y.c % b->heads || !fits(g, q->codebook, b, true))
        return vq_fail(err, VQ_EINTERNAL,
                       "node %d (quantize): no codebook of %d values", nd->id, nd->y.c);
    if (!fits(g, q->ema_count, b, false) || (q->ema && !fits(g, q->ema_sum, b, true)))
        return vq_fail(err, VQ_EINTERNAL,
                       "node %d (quantize): no statistics of %d x %d values", nd->id,
                       b->k, b->d);
    nd->weight = q->ema ? -1 : q->codebook;
    return VQ_OK;
}

static size_t rows_of(const node *nd, int n)
{
    return (size_t)n * (size_t)nd->y.h * (size_t)nd->y.w;
}

/* Forward: what books_nearest takes, and with levels a copy of z; backward: 4 rows. */
static size_t quantize_scratch(const node *nd, int n)
{
    const books *b = &nd->attr.quantize.b;
    size_t width = books_width(b), rows = rows_of(nd, n);
    return books_scratch(b, rows) + (b->levels > 1 ? rows * width : 0) + 4 * width;
}

/* int32 codes, in the place of floats. */
static size_t quantize_kept(const node *nd, int n)
{
    return rows_of(nd, n) * (size_t)books_depth(&nd->attr.quantize.b);
}

/* scale / values of an image: turns a sum over the shard into its part of the mean */
static double mean_factor(const node *nd, const run *r)
{
    return (double)r->scale / ((double)nd->y.h * (double)nd->y.w * (double)nd->y.c);
}

/* Counts, and with ema sums, of the parts of `left` assigned to each code of a book. */
static void collect(const node *nd, run *r, int book, const float *left)
{
    const quantize_attr *q = &nd->attr.quantize;
    const books *b = &q->b;
    const int32_t *code = run_codes(r, nd) + book;
    size_t rows = rows_of(nd, r->n), d = (size_t)b->d, width = books_width(b);
    size_t depth = (size_t)books_depth(b), first = (size_t)book * (size_t)b->k;
    float *count = run_gradient(r, q->ema_count) + first;
    for (size_t i = 0; i < rows; i++)
        count[code[i * depth]] += 1;
    if (!q->ema)
        return;
    float *sum = run_gradient(r, q->ema_sum) + first * d;
    left += books_part(b, book);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < d; j++)
            sum[(size_t)code[i * depth] * d + j] += left[i * width + j];
}

/* Sum over the rows of the squared distance to one book's codes. */
static double distances(const node *nd, const run *r, int book, const float *left)
{
    const quantize_attr *q = &nd->attr.quantize;
    const books *b = &q->b;
    const float *codes = run_value(r, q->codebook);
    const int32_t *code = run_codes(r, nd) + book;
    size_t rows = rows_of(nd, r->n), depth = (size_t)books_depth(b);
    double sum = 0;
    left += books_part(b, book);
    for (size_t i = 0; i < rows; i++, left += books_width(b))
        sum += square_distance(left, books_code(b, codes, book, code[i * depth]),
                               (size_t)b->d);
    return sum;
}

static void quantize_forward(const node *nd, run *r)
{
    const quantize_attr *q = &nd->attr.quantize;
    const books *b = &q->b;
    const float *left = run_y(r, nd->in[0]), *codes = run_value(r, q->codebook);
    float *y = run_y(r, nd), *copy = NULL;
    int32_t *code = run_codes(r, nd);
    size_t rows = rows_of(nd, r->n), width = books_width(b);
    if (b->levels > 1) {
        copy = run_scratch(r) + books_scratch(b, rows);
        left = memcpy(copy, left, rows * width * sizeof *copy);
    }
    double sum = 0;
    for (int book = 0; book < books_depth(b); book++) {
        books_nearest(b, book, codes, left, rows, code, run_scratch(r));
        if (r->grad)
            collect(nd, r, book, left);
        sum += distances(nd, r, book, left);
        if (copy)
            books_subtract(b, book, codes, code, copy, rows);
    }
    /* y may lie over z, which is no longer needed */
    for (size_t i = 0; i < rows; i++)
        books_row(b, codes, code + i * (size_t)books_depth(b), y + i * width);
    double mean = mean_factor(nd, r) * sum;
    r->loss[LOSS_COMMITMENT] += (double)q->commitment_weight * mean;
    if (!q->ema)
        r->loss[LOSS_CODEBOOK] += (double)q->codebook_weight * mean;
}

/* A row's scratch in backward, [width] each. */
typedef struct row_scratch {
    float *left, *pull, *q, *turned;
} row_scratch;

/*
 * Walk the levels of one row: pull = sum over levels of left - e, which the commitment
 * follows; and de += factor (e - left), the codebook's gradient, unless grad is NULL.
 */
static void walk_levels(const node *nd, const run *r, const float *z,
                        const int32_t *code, float *grad, const row_scratch *s)
{
    const quantize_attr *q = &nd->attr.quantize;
    const books *b = &q->b;
    const float *codes = run_value(r, q->codebook);
    float factor = (float)(2 * (double)q->codebook_weight * mean_factor(nd, r));
    size_t d = (size_t)b->d;
    memcpy(s->left, z, books_width(b) * sizeof *z);
    for (int book = 0; book < books_depth(b); book++) {
        const float *e = books_code(b, codes, book, code[book]);
        float *left = s->left + books_part(b, book),
              *pull = s->pull + books_part(b, book);
        bool first = book < b->heads;
        for (size_t j = 0; j < d; j++) {
            left[j] -= e[j];
            pull[j] = first ? left[j] : pull[j] + left[j];
        }
        if (grad) {
            float *de = grad + (e - codes);
            for (size_t j = 0; j < d; j++)
                de[j] -= factor * left[j];
        }
    }
}

static void quantize_backward(const node *nd, run *r)
{
    const quantize_attr *q = &nd->attr.quantize;
    const books *b = &q->b;
    const float *z = run_y(r, nd->in[0]), *codes = run_value(r, q->codebook);
    const int32_t *code = run_codes(r, nd);
    float *grad = q->ema || !r->grad ? NULL : run_gradient(r, q->codebook);
    bool wanted = nd->in[0]->needs_dy;
    float *dz = wanted ? run_dy(r, nd->in[0]) : NULL;
    const float *dy = wanted ? run_dy(r, nd) : NULL;
    float factor = (float)(2 * (double)q->commitment_weight * mean_factor(nd, r));
    size_t rows = rows_of(nd, r->n), width = books_width(b);
    float *at = run_scratch(r);
    row_scratch s = {at, at + width, at + 2 * width, at + 3 * width};
    for (size_t i = 0; i < rows; i++, z += width, code += books_depth(b)) {
        walk_levels(nd, r, z, code, grad, &s);
        if (!wanted)
            continue;
        const float *g = dy + i * width;
        if (q->rotation) {
            books_row(b, codes, code, s.q);
            rotation_gradient(z, s.q, g, width, s.turned);
            g = s.turned;
        }
        float *to = dz + i * width;
        for (size_t j = 0; j < width; j++)
            to[j] = (nd->first_dx[0] ? 0 : to[j]) + (g[j] + factor * s.pull[j]);
    }
}

static const op op_quantize = {
    .name = "quantize",
    .n_in = 1,
    .in_place = true,
    .reads_x = true,
    .shape = quantize_shape,
    .scratch_size = quantize_scratch,
    .kept_size = quantize_kept,
    .forward = quantize_forward,
    .backward = quantize_backward,
};

node *graph_quantize(graph *g, node *z, const quantize_attr *attr)
{
    node spec = {.op = &op_quantize, .in = {z}, .weight = -1, .bias = -1};
    spec.attr.quantize = *attr;
    return graph_append(g, &spec);
}
