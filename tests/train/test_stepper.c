/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "autograd/net.h"
#include "train/stepper.h"

#define SIDE 8
#define C 24 /* w1 spans several blocks of the reduction */

/* An encoder, quantizer and decoder small enough to run often; p and g in a net. */
static node *build(net *t)
{
    int w0 = net_conv_weight(t, "w0", C, 3, 4, 4);
    int b0 = net_plain(t, "b0", PARAM_TRAINED, 1, C, 0);
    int w1 = net_conv_weight(t, "w1", C, C, 3, 3);
    int codes = net_plain(t, "codes", PARAM_DERIVED, 2, 16, C);
    int sum = net_plain(t, "sum", PARAM_STATISTIC, 2, 16, C);
    int count = net_plain(t, "count", PARAM_STATISTIC, 1, 16, 0);
    int w2 = net_conv_weight(t, "w2", C, 3, 4, 4);
    quantize_attr attr = {.ema = true,
                          .commitment_weight = 0.25f,
                          .codebook = codes,
                          .ema_sum = sum,
                          .ema_count = count};
    graph *g = &t->g;
    net_begin(t, false);
    node *x = net_input(t, SIDE, SIDE, 3, false);
    node *h = graph_conv(g, x, w0, b0, 2, 1);
    h = graph_add(g, graph_conv(g, graph_relu(g, h), w1, -1, 1, 1), h);
    h = graph_quantize(g, h, &attr);
    graph_mse(g, graph_conv_transposed(g, h, w2, -1, 2, 1), x, 2);
    net_ready(t, SHARD_IMAGES, GRAPH_TRAIN);
    return x;
}

/* Image i of the batch is a function of i; images from fail_from on cannot be read. */
typedef struct source {
    int fail_from;
    bool poison; /* one value of image 5 is NaN */
} source;

static vq_status load(void *user, int first, int n, float *x, vq_error *err)
{
    const source *s = user;
    if (first + n > s->fail_from)
        return vq_fail(err, VQ_EIO, "no image from %d to %d", first, first + n);
    for (int i = 0; i < n; i++)
        net_fill(x + i * SIDE * SIDE * 3, SIDE * SIDE * 3, 500 + (uint32_t)(first + i),
                 -1, 1);
    if (s->poison && first == 0)
        x[5 * SIDE * SIDE * 3] = NAN;
    return VQ_OK;
}

static const source all_images = {.fail_from = 1 << 20};

/* A stepper on the network, and what its calls fill. */
typedef struct rig {
    net t;
    stepper s;
    node *x;
    double loss[LOSS_PARTS];
} rig;

static vq_error err;

static void rig_open(rig *r, int batch, int threads)
{
    *r = (rig){0};
    r->x = build(&r->t);
    assert_ok(stepper_init(&r->s, &r->t.g, &r->t.p, batch, threads, &err), &err);
}

static void rig_close(rig *r)
{
    stepper_release(&r->s);
    net_release(&r->t);
}

/* Losses and gradients of one batch. */
static vq_status rig_gradients(rig *r, const source *images)
{
    return stepper_gradients(&r->s, r->x, load, (void *)images, r->loss, &err);
}

typedef struct step_result {
    double loss[LOSS_PARTS];
    float *grad, *value; /* after three updates */
    size_t bytes;        /* of each */
} step_result;

static step_result three_steps(int batch, int threads)
{
    rig r;
    adam a;
    step_result o;
    rig_open(&r, batch, threads);
    size_t bytes = r.t.p.size * sizeof(float);
    assert_ok(adam_init(&a, r.t.p.size, 1e-3, false, &err), &err);
    o.grad = malloc(bytes);
    o.value = malloc(bytes);
    assert_true(o.grad && o.value);
    for (int i = 0; i < 3; i++) {
        assert_ok(rig_gradients(&r, &all_images), &err);
        assert_true(r.s.finite);
        memcpy(o.grad, stepper_gradient(&r.s), bytes);
        stepper_update(&r.s, &a);
    }
    assert_int_equal(a.t, 3);
    memcpy(o.value, r.t.p.value, bytes);
    memcpy(o.loss, r.loss, sizeof o.loss);
    o.bytes = bytes;
    adam_release(&a);
    rig_close(&r);
    return o;
}

/* Gradients, losses and weights are the same bytes at any thread count. */
static void test_stepper__same_bytes_at_any_threads(void **state)
{
    (void)state;
    static const int batches[] = {1, 8, 20, 64, 600}; /* 600: slots run two shards */
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
        step_result want = three_steps(batches[b], 1);
        for (int threads = 2; threads <= 4; threads++) {
            step_result got = three_steps(batches[b], threads);
            assert_memory_equal(got.loss, want.loss, sizeof want.loss);
            assert_memory_equal(got.grad, want.grad, want.bytes);
            assert_memory_equal(got.value, want.value, want.bytes);
            free(got.grad);
            free(got.value);
        }
        free(want.grad);
        free(want.value);
    }
}

/* A batch in shards has the gradient, loss and statistics of the batch in one run. */
static void test_stepper__shards_add_up(void **state)
{
    (void)state;
    static const int batches[] = {3, 8, 20, 137};
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
        int batch = batches[b];
        rig r;
        rig_open(&r, batch, 2);
        assert_int_equal(r.s.n_shards, (batch + 7) / 8);
        assert_ok(rig_gradients(&r, &all_images), &err);

        run whole;
        assert_ok(graph_plan(&r.t.g, batch, GRAPH_TRAIN, &err), &err);
        assert_ok(run_init(&whole, &r.t.g, &err), &err);
        whole.n = batch;
        whole.scale = 1.0f / (float)batch;
        whole.packed = r.t.packed;
        whole.grad = r.t.grad;
        graph_pack(&r.t.g, 0, r.t.g.n_nodes, r.t.packed);
        assert_ok(load((void *)&all_images, 0, batch, run_y(&whole, r.x), &err), &err);
        graph_forward(&whole);
        graph_backward(&whole);
        assert_close(stepper_gradient(&r.s), r.t.grad, r.t.p.size, 2e-5, 1e-5);
        for (int i = 0; i < LOSS_PARTS; i++)
            if (!(fabs(r.loss[i] - whole.loss[i]) <= 1e-6 * fabs(whole.loss[i])))
                fail_msg("loss %d: %.9g, want %.9g", i, r.loss[i], whole.loss[i]);
        run_release(&whole);
        rig_close(&r);
    }
}

/* Shards are what the graph is planned for; up to 64 of them have a slot each. */
static void test_stepper__shards_and_slots(void **state)
{
    (void)state;
    static const int cases[][4] = {/* planned for, batch, shards, slots */
                                   {8, 32, 4, 4}, {8, 512, 64, 64},  {8, 520, 65, 64},
                                   {1, 8, 8, 8},  {1, 100, 100, 64}, {2, 7, 4, 4},
                                   {8, 3, 1, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        net t = {0};
        stepper s;
        build(&t);
        assert_ok(graph_plan(&t.g, cases[i][0], GRAPH_TRAIN, &err), &err);
        assert_ok(stepper_init(&s, &t.g, &t.p, cases[i][1], 1, &err), &err);
        assert_int_equal(s.n_shards, cases[i][2]);
        assert_int_equal(s.n_slots, cases[i][3]);
        stepper_release(&s);
        net_release(&t);
    }
}

/* The norm is that of the trained gradients, the same bits at any thread count. */
static void test_stepper__norm(void **state)
{
    (void)state;
    double first = 0;
    for (int threads = 1; threads <= 4; threads++) {
        rig r;
        double sum = 0;
        rig_open(&r, 20, threads);
        assert_ok(rig_gradients(&r, &all_images), &err);
        assert_true(r.s.norm == 0);
        r.s.wants_norm = true;
        assert_ok(rig_gradients(&r, &all_images), &err);
        for (int i = 0; i < r.t.p.n; i++) {
            const param *p = &r.t.p.table[i];
            for (size_t k = 0; p->role == PARAM_TRAINED && k < p->count; k++)
                sum += pow((double)stepper_gradient(&r.s)[p->offset + k], 2);
        }
        float got = (float)r.s.norm, want = (float)sqrt(sum);
        assert_true(want > 0);
        assert_close(&got, &want, 1, 0, 1e-6);
        first = threads == 1 ? r.s.norm : first;
        assert_true(r.s.norm == first);
        rig_close(&r);
    }
}

static void test_stepper__average(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, 20, 3);
    float *average = malloc(r.t.p.size * sizeof *average);
    float *want = malloc(r.t.p.size * sizeof *want);
    assert_true(average && want);
    net_fill(average, r.t.p.size, 5, -1, 1);
    for (size_t i = 0; i < r.t.p.size; i++)
        want[i] = 0.75f * average[i] + 0.25f * r.t.p.value[i];
    stepper_average(&r.s, average, 0.25);
    assert_close(average, want, r.t.p.size, 1e-6, 0);
    stepper_average(&r.s, average, 1);
    assert_close(average, r.t.p.value, r.t.p.size, 1e-6, 0);
    rig_close(&r);
    free(want);
    free(average);
}

/* Adam moves trained parameters; statistics and what is derived from them stay. */
static void test_stepper__moves_trained_parameters_only(void **state)
{
    (void)state;
    rig r;
    adam a;
    rig_open(&r, 20, 2);
    float *before = malloc(r.t.p.size * sizeof *before);
    assert_non_null(before);
    memcpy(before, r.t.p.value, r.t.p.size * sizeof *before);
    assert_ok(adam_init(&a, r.t.p.size, 1e-3, true, &err), &err);
    assert_ok(rig_gradients(&r, &all_images), &err);
    assert_memory_equal(before, r.t.p.value, r.t.p.size * sizeof *before);

    float rows = 0; /* every row of every image was counted */
    const float *count = stepper_gradient(&r.s) + r.t.p.table[5].offset;
    for (int i = 0; i < 16; i++)
        rows += count[i];
    assert_true(rows == 20 * (SIDE / 2) * (SIDE / 2));

    adam by_hand;
    assert_ok(adam_init(&by_hand, r.t.p.size, 1e-3, true, &err), &err);
    by_hand.t = 1;
    for (int i = 0; i < r.t.p.n; i++) {
        const param *p = &r.t.p.table[i];
        if (p->role == PARAM_TRAINED)
            adam_update(&by_hand, p->offset, p->count, false, before,
                        stepper_gradient(&r.s));
    }
    stepper_update(&r.s, &a);
    assert_memory_equal(before, r.t.p.value, r.t.p.size * sizeof *before);
    adam_release(&by_hand);
    adam_release(&a);
    rig_close(&r);
    free(before);
}

static void test_stepper__step_allocates_nothing(void **state)
{
    (void)state;
    rig r;
    adam a;
    rig_open(&r, 20, 2);
    assert_ok(adam_init(&a, r.t.p.size, 1e-3, false, &err), &err);
    support_alloc_reset();
    for (int i = 0; i < 3; i++) {
        assert_ok(rig_gradients(&r, &all_images), &err);
        stepper_update(&r.s, &a);
    }
    assert_int_equal(support_alloc_count(), 0);
    adam_release(&a);
    rig_close(&r);
}

static void test_stepper__not_finite(void **state)
{
    (void)state;
    rig r;
    const source bad = {.fail_from = 1 << 20, .poison = true};
    rig_open(&r, 20, 2);
    assert_ok(rig_gradients(&r, &bad), &err);
    assert_false(r.s.finite);
    assert_ok(rig_gradients(&r, &all_images), &err);
    assert_true(r.s.finite);

    float *w2 = net_value(&r.t, 6); /* the loss still fits in a double */
    for (size_t i = 0; i < r.t.p.table[6].count; i++)
        w2[i] *= 1e25f;
    assert_ok(rig_gradients(&r, &all_images), &err);
    assert_true(isfinite(r.loss[LOSS_RECON]));
    assert_false(r.s.finite);
    rig_close(&r);
}

/* A loss that is no number counts, though no parameter is there to show it. */
static void test_stepper__loss_not_finite(void **state)
{
    (void)state;
    net t = {0};
    stepper s;
    double loss[LOSS_PARTS];
    source src = {.fail_from = 8, .poison = true};
    net_plain(&t, "unused", PARAM_TRAINED, 1, 1, 0);
    net_begin(&t, false);
    node *x = net_input(&t, SIDE, SIDE, 3, false);
    graph_mse(&t.g, graph_relu(&t.g, x), x, 1);
    net_ready(&t, SHARD_IMAGES, GRAPH_TRAIN);
    assert_ok(stepper_init(&s, &t.g, &t.p, 8, 1, &err), &err);
    assert_ok(stepper_gradients(&s, x, load, &src, loss, &err), &err);
    assert_true(isnan(loss[LOSS_RECON]));
    assert_false(s.finite);
    stepper_release(&s);
    net_release(&t);
}

static void test_stepper__load_fails(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, 64, 3);
    const source short_of = {.fail_from = 17};
    assert_ok(rig_gradients(&r, &all_images), &err);
    assert_true(r.s.finite);
    assert_fails(rig_gradients(&r, &short_of), VQ_EIO, &err, "no image from 16 to 24");
    assert_false(r.s.finite);
    rig_close(&r);
}

/* 0 is what --threads says by default: every processor. */
static void test_stepper__threads_by_default(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, 20, 0);
    assert_int_equal(r.s.threads, parallel_processors());
    rig_close(&r);
}

static void test_stepper__refused(void **state)
{
    (void)state;
    net t = {0};
    stepper s;
    build(&t);
    assert_fails(stepper_init(&s, &t.g, &t.p, 0, 1, &err), VQ_EINTERNAL, &err,
                 "no plan to train on 0 images");
    assert_ok(graph_plan(&t.g, SHARD_IMAGES, GRAPH_INFER, &err), &err);
    assert_fails(stepper_init(&s, &t.g, &t.p, 8, 1, &err), VQ_EINTERNAL, &err,
                 "no plan to train on 8 images");
    stepper_release(&s);
    net_release(&t);
}

/* Every allocation of stepper_init fails in turn; released or not, nothing leaks. */
static void test_stepper__out_of_memory(void **state)
{
    (void)state;
    net t = {0};
    stepper s;
    build(&t);
    support_alloc_reset();
    assert_ok(stepper_init(&s, &t.g, &t.p, 20, 3, &err), &err);
    long allocations = support_alloc_count();
    stepper_release(&s);
    assert_int_equal(allocations, 5);
    for (long i = 1; i <= allocations; i++) {
        support_alloc_fail_at(i);
        assert_fails(stepper_init(&s, &t.g, &t.p, 20, 3, &err), VQ_ENOMEM, &err,
                     "cannot allocate");
        if (i % 2)
            stepper_release(&s);
    }
    net_release(&t);
}

const struct CMUnitTest test_stepper_suite[] = {
    cmocka_unit_test(test_stepper__same_bytes_at_any_threads),
    cmocka_unit_test(test_stepper__shards_add_up),
    cmocka_unit_test(test_stepper__shards_and_slots),
    cmocka_unit_test(test_stepper__norm),
    cmocka_unit_test(test_stepper__average),
    cmocka_unit_test(test_stepper__moves_trained_parameters_only),
    cmocka_unit_test(test_stepper__step_allocates_nothing),
    cmocka_unit_test(test_stepper__not_finite),
    cmocka_unit_test(test_stepper__loss_not_finite),
    cmocka_unit_test(test_stepper__load_fails),
    cmocka_unit_test(test_stepper__threads_by_default),
    cmocka_unit_test(test_stepper__refused),
    cmocka_unit_test(test_stepper__out_of_memory),
    {0},
};
