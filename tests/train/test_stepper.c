/* SPDX-License-Identifier: MIT */
#include "train/rig.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static vq_error err;

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
        assert_ok(rig_gradients(&r, &rig_images, &err), &err);
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
        assert_ok(rig_gradients(&r, &rig_images, &err), &err);

        run whole;
        assert_ok(graph_plan(&r.t.g, batch, GRAPH_TRAIN, &err), &err);
        assert_ok(run_init(&whole, &r.t.g, &err), &err);
        whole.n = batch;
        whole.scale = 1.0f / (float)batch;
        whole.packed = r.t.packed;
        whole.grad = r.t.grad;
        graph_pack(&r.t.g, 0, r.t.g.n_nodes, r.t.packed);
        assert_ok(rig_load((void *)&rig_images, 0, batch, run_y(&whole, r.x), &err),
                  &err);
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
        rig_build(&t);
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
        assert_ok(rig_gradients(&r, &rig_images, &err), &err);
        assert_true(r.s.norm == 0);
        r.s.wants_norm = true;
        assert_ok(rig_gradients(&r, &rig_images, &err), &err);
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
    assert_ok(rig_gradients(&r, &rig_images, &err), &err);
    assert_memory_equal(before, r.t.p.value, r.t.p.size * sizeof *before);

    float rows = 0; /* every row of every image was counted */
    const float *count = stepper_gradient(&r.s) + r.t.p.table[5].offset;
    for (int i = 0; i < 16; i++)
        rows += count[i];
    assert_true(rows == 20 * (RIG_SIDE / 2) * (RIG_SIDE / 2));

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
        assert_ok(rig_gradients(&r, &rig_images, &err), &err);
        stepper_update(&r.s, &a);
    }
    assert_int_equal(support_alloc_count(), 0);
    adam_release(&a);
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

const struct CMUnitTest test_stepper_suite[] = {
    cmocka_unit_test(test_stepper__same_bytes_at_any_threads),
    cmocka_unit_test(test_stepper__shards_add_up),
    cmocka_unit_test(test_stepper__shards_and_slots),
    cmocka_unit_test(test_stepper__norm),
    cmocka_unit_test(test_stepper__average),
    cmocka_unit_test(test_stepper__moves_trained_parameters_only),
    cmocka_unit_test(test_stepper__step_allocates_nothing),
    cmocka_unit_test(test_stepper__threads_by_default),
    {0},
};
