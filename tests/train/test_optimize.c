/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tiny.h"
#include "train/optimize.h"

/* A network, its state and its stepper, as a trainer has them. */
typedef struct bench {
    train_state s;
    graph g;
    network_nodes nodes;
    stepper step;
    float *before; /* the values before an update */
} bench;

static vq_status load(void *user, int first, int n, float *x, vq_error *err)
{
    (void)user, (void)err;
    for (int i = 0; i < n * 32 * 32 * 3; i++)
        x[i] = (float)((first * 31 + i * 7) % 97) / 97 - 0.5f;
    return VQ_OK;
}

static bench *bench_open(const vq_config *c)
{
    bench *b = calloc(1, sizeof *b);
    vq_error err;
    assert_ok(network_init(&b->s.net, c, &err), &err);
    assert_ok(optimize_init(&b->s, &err), &err);
    network_draw(&b->s.net);
    optimize_begin(&b->s);
    b->nodes = network_train_graph(&b->s.net, &b->g, 32, 32, 0.06);
    assert_ok(graph_plan(&b->g, SHARD_IMAGES, GRAPH_TRAIN, &err), &err);
    assert_ok(stepper_init(&b->step, &b->g, &b->s.net.p, 12, 2, &err), &err);
    optimize_prepare(&b->s, &b->step);
    b->before = malloc(b->s.net.p.size * sizeof(float));
    return b;
}

static void bench_close(bench *b)
{
    stepper_release(&b->step);
    optimize_release(&b->s);
    network_release(&b->s.net);
    free(b->before);
    free(b);
}

static void update(bench *b, double progress)
{
    double loss[LOSS_PARTS];
    vq_error err;
    memcpy(b->before, b->s.net.p.value, b->s.net.p.size * sizeof(float));
    assert_ok(stepper_gradients(&b->step, b->nodes.input, load, NULL, loss, &err),
              &err);
    optimize(&b->s, &b->step, progress);
}

/* The first update moves values by the rate, which follows the schedule. */
static void test_optimize__follows_the_schedule(void **state)
{
    (void)state;
    vq_config c = tiny_config("sonnet");
    c.schedule = VQ_SCHEDULE_COSINE;
    c.warmup = 4;
    bench *b = bench_open(&c);
    const param *p = &b->s.net.p.table[b->s.net.down[0].weight];
    update(b, 0.5);
    float most = 0, want = (float)(c.lr / 2 / 4);
    for (size_t i = p->offset; i < p->offset + p->count; i++)
        most = fmaxf(most, fabsf(b->s.net.p.value[i] - b->before[i]));
    assert_close(&most, &want, 1, 0, 0.01);
    assert_true(b->s.opt.lr == c.lr / 2 / 4);
    assert_int_equal(b->s.step, 1);
    assert_ptr_equal(optimize_result(&b->s), &b->s.net);
    bench_close(b);
}

/* At rate zero nothing moves; with decay alone only convolution weights shrink. */
static void test_optimize__decays_weights_only(void **state)
{
    (void)state;
    vq_config c = tiny_config("mishalaskin"); /* its codes are trained */
    c.lr = 1e-6;
    c.weight_decay = 1e5;
    bench *b = bench_open(&c);
    update(b, 0);
    for (int i = 0; i < b->s.net.p.n; i++) {
        const param *p = &b->s.net.p.table[i];
        bool decays = p->rank == 4;
        if (p->role != PARAM_TRAINED)
            continue;
        for (size_t k = p->offset; k < p->offset + p->count; k++) {
            float want = b->before[k] * (decays ? 0.9f : 1);
            assert_close(&b->s.net.p.value[k], &want, 1, 1.1e-6, 1e-6);
        }
    }
    bench_close(b);
}

static void test_optimize__clips(void **state)
{
    (void)state;
    vq_config c = tiny_config("sonnet");
    c.clip = 1e-3;
    bench *b = bench_open(&c);
    update(b, 0);
    assert_true(b->step.norm > 1e-2);
    assert_true(b->s.opt.scale == 1e-3 / (b->step.norm + 1e-6));
    /* the first moment is .1 of the scaled gradient, whose norm is the limit */
    double sum = 0;
    for (size_t i = 0; i < b->s.net.p.size; i++)
        sum += pow((double)b->s.opt.m[i], 2);
    float norm = (float)sqrt(sum), want = 1e-4f;
    assert_close(&norm, &want, 1, 0, 1e-3);
    /* what the codebook learns from is not a gradient, so it is as it was */
    const param *count = &b->s.net.p.table[b->s.net.ema_count];
    double rows = 0;
    for (size_t i = 0; i < count->count; i++)
        rows += (double)b->s.net.p.value[count->offset + i];
    float got = (float)rows, all = 0.01f * 12 * 64;
    assert_close(&got, &all, 1, 0, 1e-5);
    bench_close(b);
}

/* The map of simvq gets its gradient late, and still counts. */
static void test_optimize__clips_simvq(void **state)
{
    (void)state;
    vq_config c = tiny_config("sonnet");
    c.codebook = VQ_CODEBOOK_SIMVQ;
    c.clip = 1e-3;
    bench *b = bench_open(&c);
    update(b, 0);
    const param *w = &b->s.net.p.table[b->s.net.linear];
    double sum = 0, of_map = 0;
    for (size_t i = 0; i < b->s.net.p.size; i++)
        sum += pow((double)b->s.opt.m[i], 2);
    for (size_t i = w->offset; i < w->offset + w->count; i++)
        of_map += pow((double)b->s.opt.m[i], 2);
    assert_true(of_map > 0.01 * sum);
    float norm = (float)sqrt(sum), want = 1e-4f;
    assert_close(&norm, &want, 1, 0, 1e-3);
    bench_close(b);
}

/* The average follows all values, fast at first, and is what a training results in. */
static void test_optimize__averages(void **state)
{
    (void)state;
    vq_config c = tiny_config("sonnet");
    c.weight_ema = 0.3; /* reached at the fourth update */
    c.lr = 0.01;
    bench *b = bench_open(&c);
    size_t n = b->s.net.p.size;
    float *want = malloc(n * sizeof *want);
    assert_non_null(want);
    memcpy(want, b->s.net.p.value, n * sizeof *want);
    assert_ptr_equal(optimize_result(&b->s), &b->s.average);
    static const double keeps[] = {2.0 / 11, 3.0 / 12, 0.3, 0.3};
    for (int t = 0; t < 4; t++) {
        update(b, 0);
        for (size_t i = 0; i < n; i++)
            want[i] = (float)(keeps[t] * (double)want[i] +
                              (1 - keeps[t]) * (double)b->s.net.p.value[i]);
        assert_close(b->s.average.p.value, want, n, 1e-6, 1e-6);
    }
    free(want);
    bench_close(b);
}

/* Muon moves every hidden convolution, at once by as much as its rate says; Adam moves
 * the others, as it does without. */
static void test_optimize__muon(void **state)
{
    (void)state;
    vq_config c = tiny_config("sonnet");
    c.lr = 0.01;
    bench *adam_alone = bench_open(&c);
    c.optimizer = VQ_MUON;
    bench *b = bench_open(&c);
    update(adam_alone, 0);
    update(b, 0);
    int hidden = 0;
    for (int i = 0; i < b->s.net.p.n; i++) {
        const param *p = &b->s.net.p.table[i];
        const float *to = b->s.net.p.value + p->offset, *from = b->before + p->offset;
        if (p->role != PARAM_TRAINED)
            continue;
        double sum = 0;
        for (size_t k = 0; k < p->count; k++)
            sum += pow((double)to[k] - (double)from[k], 2);
        int columns = p->dims[0], rows = (int)(p->count / (size_t)columns);
        float length = (float)sqrt(sum);
        float want = (float)(0.01 * 0.2 * sqrt((double)rows * columns));
        hidden += p->hidden;
        if (p->hidden) /* of low rank, perhaps: by no more than that */
            assert_true(length > 0.2f * want && length < 1.2f * want);
        else
            assert_memory_equal(to, adam_alone->s.net.p.value + p->offset,
                                p->count * sizeof *to);
    }
    assert_int_equal(hidden, b->s.muon.n);
    assert_int_equal(hidden, 2 * b->s.net.config.res_layers * 2 + 5);
    assert_false(b->s.net.p.table[b->s.net.down[0].weight].hidden);
    assert_false(b->s.net.p.table[b->s.net.up[1].weight].hidden);
    bench_close(b);
    bench_close(adam_alone);
}

static void test_optimize__out_of_memory(void **state)
{
    (void)state;
    vq_config c = tiny_config("sonnet");
    c.weight_ema = 0.9;
    c.optimizer = VQ_MUON;
    vq_error err;
    for (int at = 1; at <= 3; at++) {
        train_state *s = calloc(1, sizeof *s);
        assert_ok(network_init(&s->net, &c, &err), &err);
        support_alloc_fail_at(at);
        assert_fails(optimize_init(s, &err), VQ_ENOMEM, &err, "cannot allocate");
        support_alloc_fail_at(0);
        optimize_release(s);
        network_release(&s->net);
        free(s);
    }
}

const struct CMUnitTest test_optimize_suite[] = {
    cmocka_unit_test(test_optimize__follows_the_schedule),
    cmocka_unit_test(test_optimize__decays_weights_only),
    cmocka_unit_test(test_optimize__clips),
    cmocka_unit_test(test_optimize__clips_simvq),
    cmocka_unit_test(test_optimize__averages),
    cmocka_unit_test(test_optimize__muon),
    cmocka_unit_test(test_optimize__out_of_memory),
    {0},
};
