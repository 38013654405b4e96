/*
 * SPDX-License-Identifier: MIT
 *
 * The vector quantizer: y = e[code], the codebook row nearest to z, with
 *
 *   LOSS_CODEBOOK   += codebook_weight * mean((sg[z] - e)^2)     not with ema
 *   LOSS_COMMITMENT += commitment_weight * mean((z - sg[e])^2)
 *
 * Backward is straight through: dz = dy exactly, plus the commitment's gradient. The
 * codebook gets the gradient of its own loss alone, or with ema the sums of the rows
 * assigned to each code, from which ema_update moves it.
 * Source: van den Oord et al. 2017, arXiv:1711.00937, eq. 2-3 and appendix A.1.
 * Tested in tests/autograd/test_op_quantize.c.
 */
#include <string.h>

#include "autograd/graph.h"
#include "autograd/square_distance.h"
#include "tensor/nearest.h"

static bool fits(const graph *g, int index, int rank, int k, int d)
{
    if (index < 0 || index >= g->p->n)
        return false;
    const param *p = &g->p->table[index];
    return p->rank == rank && p->layout == PARAM_PLAIN && p->dims[0] == k &&
           (rank == 1 || p->dims[1] == d);
}

static vq_status quantize_shape(node *nd, const graph *g, vq_error *err)
{
    quantize_attr *q = &nd->attr.quantize;
    nd->y = nd->in[0]->y;
    q->d = nd->y.c;
    q->k = q->codebook >= 0 && q->codebook < g->p->n ? g->p->table[q->codebook].dims[0]
                                                     : 0;
    if (!fits(g, q->codebook, 2, q->k, q->d))
        return vq_fail(err, VQ_EINTERNAL,
                       "node %d (quantize): no codebook of %d values", nd->id, q->d);
    if (!fits(g, q->ema_count, 1, q->k, 0) ||
        (q->ema && !fits(g, q->ema_sum, 2, q->k, q->d)))
        return vq_fail(err, VQ_EINTERNAL,
                       "node %d (quantize): no statistics of %d x %d values", nd->id,
                       q->k, q->d);
    nd->weight = q->ema ? -1 : q->codebook;
    return VQ_OK;
}

static size_t quantize_scratch(const node *nd, int n)
{
    (void)n;
    return nearest_scratch(nd->attr.quantize.k, nd->attr.quantize.d);
}

/* One int32 code per pixel, in the place of a float. */
static size_t quantize_kept(const node *nd, int n)
{
    return (size_t)n * (size_t)nd->y.h * (size_t)nd->y.w;
}

/* scale / values of an image: turns a sum over the shard into its part of the mean */
static double mean_factor(const node *nd, const run *r)
{
    return (double)r->scale / ((double)nd->y.h * (double)nd->y.w * (double)nd->y.c);
}

/* Counts, and with ema sums, of the rows of z assigned to each code. */
static void collect(const node *nd, run *r)
{
    const quantize_attr *q = &nd->attr.quantize;
    const float *z = run_y(r, nd->in[0]);
    const int32_t *code = run_codes(r, nd);
    size_t rows = quantize_kept(nd, r->n), d = (size_t)q->d;
    float *count = run_gradient(r, q->ema_count);
    for (size_t i = 0; i < rows; i++)
        count[code[i]] += 1;
    if (!q->ema)
        return;
    float *sum = run_gradient(r, q->ema_sum);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < d; j++)
            sum[(size_t)code[i] * d + j] += z[i * d + j];
}

static void quantize_forward(const node *nd, run *r)
{
    const quantize_attr *q = &nd->attr.quantize;
    const float *z = run_y(r, nd->in[0]), *codes = run_value(r, q->codebook);
    float *y = run_y(r, nd);
    int32_t *code = run_codes(r, nd);
    size_t rows = quantize_kept(nd, r->n), d = (size_t)q->d;
    nearest_code(z, (int)rows, codes, q->k, q->d, code, run_scratch(r));
    if (r->grad)
        collect(nd, r);

    double sum = 0; /* before y's row is written: it may lie over z's */
    for (size_t i = 0; i < rows; i++) {
        const float *e = codes + (size_t)code[i] * d;
        sum += square_distance(z + i * d, e, d);
        memcpy(y + i * d, e, d * sizeof *y);
    }
    double mean = mean_factor(nd, r) * sum;
    r->loss[LOSS_COMMITMENT] += (double)q->commitment_weight * mean;
    if (!q->ema)
        r->loss[LOSS_CODEBOOK] += (double)q->codebook_weight * mean;
}

/* de += 2 codebook_weight (e - z) / values */
static void codebook_backward(const node *nd, run *r)
{
    const quantize_attr *q = &nd->attr.quantize;
    const float *z = run_y(r, nd->in[0]), *codes = run_value(r, q->codebook);
    const int32_t *code = run_codes(r, nd);
    float *grad = run_gradient(r, q->codebook);
    float factor = (float)(2 * (double)q->codebook_weight * mean_factor(nd, r));
    size_t rows = quantize_kept(nd, r->n), d = (size_t)q->d;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < d; j++) {
            size_t at = (size_t)code[i] * d + j;
            grad[at] += factor * (codes[at] - z[i * d + j]);
        }
}

static void quantize_backward(const node *nd, run *r)
{
    const quantize_attr *q = &nd->attr.quantize;
    if (!q->ema)
        codebook_backward(nd, r);
    if (!nd->in[0]->needs_dy)
        return;
    const float *z = run_y(r, nd->in[0]), *codes = run_value(r, q->codebook),
                *dy = run_dy(r, nd);
    const int32_t *code = run_codes(r, nd);
    float *dz = run_dy(r, nd->in[0]);
    float factor = (float)(2 * (double)q->commitment_weight * mean_factor(nd, r));
    size_t rows = quantize_kept(nd, r->n), d = (size_t)q->d;
    for (size_t i = 0; i < rows; i++) {
        const float *e = codes + (size_t)code[i] * d;
        for (size_t j = 0, at = i * d; j < d; j++, at++) {
            float before = nd->first_dx[0] ? 0 : dz[at];
            dz[at] = before + (dy[at] + factor * (z[at] - e[j]));
        }
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
