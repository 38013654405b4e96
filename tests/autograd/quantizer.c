/* SPDX-License-Identifier: MIT */
#include "quantizer.h"

#include <stdio.h>
#include <stdlib.h>

#include "golden_fill.h"
#include "support.h"

static int add(quantizer *q, const char *name, bool with_values, param_role role)
{
    const quantizer_shape *s = &q->shape;
    if (!s->heads)
        return net_plain(&q->t, name, role, 1 + with_values, s->k,
                         with_values ? s->d : 0);
    param spec = {.rank = 2 + with_values, .role = role};
    spec.dims[0] = s->levels * s->heads;
    spec.dims[1] = s->k;
    spec.dims[2] = with_values ? s->d / s->heads : 0;
    snprintf(spec.name, sizeof spec.name, "%s", name);
    return params_add(&q->t.p, &spec);
}

void quantizer_start(quantizer *q, quantizer_shape shape, bool ema, float codebook,
                     float commitment, graph_mode mode)
{
    *q = (quantizer){.shape = shape, .ema = ema};
    net *t = &q->t;
    q->codes = add(q, "codes", true, ema ? PARAM_DERIVED : PARAM_TRAINED);
    q->sum = add(q, "sum", true, PARAM_STATISTIC);
    q->count = add(q, "count", false, PARAM_STATISTIC);
    q->n_values = t->p.table[q->codes].count;
    q->n_counts = t->p.table[q->count].count;
    quantize_attr attr = {.b = {.levels = shape.levels, .heads = shape.heads},
                          .ema = ema,
                          .codebook_weight = codebook,
                          .commitment_weight = commitment,
                          .codebook = q->codes,
                          .ema_sum = ema ? q->sum : -1,
                          .ema_count = q->count};
    net_begin(t, false);
    q->z = net_input(t, 3, 3, shape.d, true);
    q->y = graph_quantize(&t->g, q->z, &attr);
    net_ready(t, 2, mode);
    golden_fill(t->x[0], (size_t)QUANTIZER_ROWS * shape.d, 1);
    golden_fill(net_value(t, q->codes), q->n_values, 2);
}

void quantizer_check(quantizer *q, const quantizer_golden *want)
{
    const size_t n = (size_t)QUANTIZER_ROWS * q->shape.d;
    const size_t n_books = q->n_counts / q->shape.k;
    float *dy = malloc(n * sizeof *dy), parts[LOSS_PARTS];
    float *zero = calloc(q->n_values, sizeof *zero);
    assert_true(dy && zero);
    golden_fill(dy, n, 4);
    net_forward(&q->t);
    assert_close(run_y(&q->t.r, q->y), want->y, n, want->y_tol, 1e-6);
    assert_memory_equal(run_codes(&q->t.r, q->y), want->codes,
                        QUANTIZER_ROWS * n_books * sizeof *want->codes);
    for (int i = 0; i < LOSS_PARTS; i++)
        parts[i] = (float)q->t.r.loss[i];
    assert_close(parts, want->loss, LOSS_PARTS, 0, 1e-6);
    net_backward(&q->t, dy);
    assert_close(run_dy(&q->t.r, q->z), want->dz, n, 1e-6, 1e-6);
    assert_close(net_grad(&q->t, q->codes), q->ema ? zero : want->de, q->n_values,
                 want->de_tol, want->de_rel);
    assert_close(net_grad(&q->t, q->count), want->count, q->n_counts, 0, 0);
    assert_close(net_grad(&q->t, q->sum), q->ema ? want->sum : zero, q->n_values, 1e-6,
                 1e-6);
    free(zero);
    free(dy);
}

void quantizer_check_straight_through(quantizer_shape shape)
{
    const size_t n = (size_t)QUANTIZER_ROWS * shape.d;
    float *dy = malloc(n * sizeof *dy);
    quantizer q;
    assert_non_null(dy);
    quantizer_start(&q, shape, true, 0, 0, GRAPH_TRAIN);
    net_fill(dy, n, 5, -1, 1);
    net_forward(&q.t);
    net_backward(&q.t, dy);
    assert_close(run_dy(&q.t.r, q.z), dy, n, 0, 0);
    net_release(&q.t);
    free(dy);
}
