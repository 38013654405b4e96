/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "autograd/golden.h"
#include "autograd/golden_fill.h"
#include "autograd/muon.h"

/* Two hidden convolutions, one a tall matrix and one a wide one, and one that is not.
 */
typedef struct bench {
    params p;
    adam a;
    muon mu;
    float *grad; /* [p.size] */
} bench;

static bench *bench_open(int workers)
{
    static const param spec[] = {
        {"first", 4, {4, 3, 3, 3}, PARAM_CONV, PARAM_TRAINED, .hidden = false},
        {"wide", 4, {12, 5, 1, 1}, PARAM_CONV, PARAM_TRAINED, .hidden = true},
        {"tall", 4, {5, 4, 3, 3}, PARAM_CONV, PARAM_TRAINED, .hidden = true}};
    bench *b = calloc(1, sizeof *b);
    vq_error err;
    for (int i = 0; i < 3; i++)
        assert_int_equal(params_add(&b->p, &spec[i]), i);
    assert_ok(params_allocate(&b->p, &err), &err);
    assert_ok(adam_init(&b->a, b->p.size, 0.1, false, &err), &err);
    assert_ok(muon_init(&b->mu, &b->p, workers, &err), &err);
    b->grad = calloc(b->p.size, sizeof *b->grad);
    return b;
}

static void bench_close(bench *b)
{
    muon_release(&b->mu);
    muon_release(&b->mu);
    adam_release(&b->a);
    params_release(&b->p);
    free(b->grad);
    free(b);
}

/* Fill a parameter in file order, as fill() of make_golden.py does. */
static void fill(const param *p, float *flat, float factor, uint32_t seed)
{
    float file[256];
    golden_fill(file, p->count, seed);
    for (size_t i = 0; i < p->count; i++)
        file[i] *= factor;
    param_from_file(p, file, flat + p->offset);
}

static void test_muon__golden(void **state)
{
    (void)state;
    bench *b = bench_open(1);
    float file[256];
    b->a.weight_decay = 0.5;
    b->a.scale = 0.25;
    for (int i = 1; i < 3; i++)
        fill(&b->p.table[i], b->p.value, 1, 1);
    for (uint32_t t = 0; t < 3; t++)
        for (int i = 0; i < b->mu.n; i++) {
            fill(&b->p.table[b->mu.item[i]], b->grad, 1, 20 + t);
            muon_update(&b->mu, i, 0, &b->a, b->p.value, b->grad);
        }
    param_to_file(&b->p.table[1], b->p.value + b->p.table[1].offset, file);
    assert_close(file, muon_wide_value, 60, 3e-6, 0);
    param_to_file(&b->p.table[2], b->p.value + b->p.table[2].offset, file);
    assert_close(file, muon_tall_value, 180, 3e-6, 0);
    bench_close(b);
}

/* The hidden ones, the largest first; nothing is allocated where there are none. */
static void test_muon__items(void **state)
{
    (void)state;
    bench *b = bench_open(2);
    vq_error err;
    muon none;
    assert_int_equal(b->mu.n, 2);
    assert_int_equal(b->mu.item[0], 2);
    assert_int_equal(b->mu.item[1], 1);
    b->p.table[1].hidden = b->p.table[2].hidden = false;
    support_alloc_fail_at(1);
    assert_ok(muon_init(&none, &b->p, 2, &err), &err);
    support_alloc_fail_at(0);
    assert_int_equal(none.n, 0);
    bench_close(b);
}

/* ---- an update is orthogonal: what it says, and how far it is from it ---- */

/* One update of the tall matrix [36,5] from zero, at the rate that makes it o. */
static void one_update(bench *b, int worker, float *o)
{
    const param *p = &b->p.table[2];
    memset(b->a.m, 0, b->p.size * sizeof(float));
    memset(b->p.value, 0, b->p.size * sizeof(float));
    b->a.lr = -1 / (0.2 * 6);
    muon_update(&b->mu, 0, worker, &b->a, b->p.value, b->grad);
    memcpy(o, b->p.value + p->offset, p->count * sizeof *o);
}

/* The largest number of |o'o - 1|, of o [36,5]. */
static double departs(const float *o)
{
    double most = 0;
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 5; j++) {
            double sum = i == j ? -1 : 0;
            for (int k = 0; k < 36; k++)
                sum += (double)o[k * 5 + i] * (double)o[k * 5 + j];
            most = fmax(most, fabs(sum));
        }
    return most;
}

/* Singular values end between .846 and 1.124. */
#define FAR 0.29

/* A gradient [36,5] of almost lower rank. */
static void nearly_flat(float *g)
{
    golden_fill(g, 180, 7);
    for (int k = 0; k < 36; k++)
        g[k * 5 + 1] = 3 * g[k * 5] + 0.1f * g[k * 5 + 1];
}

static void test_muon__orthogonal(void **state)
{
    (void)state;
    bench *b = bench_open(2);
    const param *p = &b->p.table[2];
    float o[180], again[180], *g = b->grad + p->offset;
    nearly_flat(g);
    one_update(b, 0, o);
    assert_true(departs(o) < FAR);
    /* it has the sign of the gradient's directions, whatever their size */
    double dot = 0;
    for (int k = 0; k < 180; k++)
        dot += (double)o[k] * (double)g[k];
    assert_true(dot > 0);
    one_update(b, 1, again); /* another worker's scratch */
    assert_memory_equal(o, again, sizeof o);
    for (int k = 0; k < 180; k++)
        g[k] *= 1024;
    one_update(b, 0, again);
    assert_close(o, again, 180, 1e-3, 0);
    bench_close(b);
}

/* The checker objects to an update along the gradient, of the right length. */
static void test_muon__checker_sees_others(void **state)
{
    (void)state;
    float g[180];
    double sum = 0;
    nearly_flat(g);
    for (int k = 0; k < 180; k++)
        sum += (double)g[k] * (double)g[k];
    for (int k = 0; k < 180; k++)
        g[k] *= (float)sqrt(5 / sum);
    assert_true(departs(g) > 2 * FAR);
}

static void test_muon__nothing_to_learn(void **state)
{
    (void)state;
    bench *b = bench_open(1);
    const param *p = &b->p.table[2];
    b->a.weight_decay = 5;
    fill(p, b->p.value, 1, 3);
    float want[180];
    for (int k = 0; k < 180; k++)
        want[k] = 0.5f * b->p.value[p->offset + k];
    muon_update(&b->mu, 0, 0, &b->a, b->p.value, b->grad);
    assert_close(b->p.value + p->offset, want, 180, 1e-7, 0);
    bench_close(b);
}

/* Of a layer that has died the gradient is zero and the momentum fades away: its
 * weights come to rest. */
static void test_muon__a_dead_layer(void **state)
{
    (void)state;
    bench *b = bench_open(1);
    const param *p = &b->p.table[2];
    float o[180];
    for (float last = 1e-14f; last > 0; last *= 0.1f) {
        for (int k = 0; k < 180; k++)
            b->a.m[p->offset + k] = k % 7 ? last : -last;
        memset(b->p.value, 0, b->p.size * sizeof(float));
        muon_update(&b->mu, 0, 0, &b->a, b->p.value, b->grad);
        memcpy(o, b->p.value + p->offset, sizeof o);
        for (int k = 0; k < 180; k++)
            if (!(fabsf(o[k]) < 0.1f * 0.2f * 6 * 0.05f))
                fail_msg("a momentum of %g moves weight %d by %g", (double)last, k,
                         (double)o[k]);
    }
    bench_close(b);
}

static void test_muon__out_of_memory(void **state)
{
    (void)state;
    bench *b = bench_open(1);
    vq_error err;
    muon mu;
    support_alloc_fail_at(1);
    assert_fails(muon_init(&mu, &b->p, 3, &err), VQ_ENOMEM, &err, "cannot allocate");
    support_alloc_fail_at(0);
    muon_release(&mu);
    bench_close(b);
}

const struct CMUnitTest test_muon_suite[] = {
    cmocka_unit_test(test_muon__golden),
    cmocka_unit_test(test_muon__items),
    cmocka_unit_test(test_muon__orthogonal),
    cmocka_unit_test(test_muon__checker_sees_others),
    cmocka_unit_test(test_muon__nothing_to_learn),
    cmocka_unit_test(test_muon__a_dead_layer),
    cmocka_unit_test(test_muon__out_of_memory),
    {0},
};
