/*
 * SPDX-License-Identifier: MIT
 *
 * A stepper's faults: no numbers, no pictures, no memory.
 */
#include "train/rig.h"

#include <math.h>

static vq_error err;

static void test_stepper_faults__not_finite(void **state)
{
    (void)state;
    rig r;
    const rig_source bad = {.fail_from = 1 << 20, .poison = true};
    rig_open(&r, 20, 2);
    assert_ok(rig_gradients(&r, &bad, &err), &err);
    assert_false(r.s.finite);
    assert_ok(rig_gradients(&r, &rig_images, &err), &err);
    assert_true(r.s.finite);

    float *w2 = net_value(&r.t, 6); /* the loss still fits in a double */
    for (size_t i = 0; i < r.t.p.table[6].count; i++)
        w2[i] *= 1e25f;
    assert_ok(rig_gradients(&r, &rig_images, &err), &err);
    assert_true(isfinite(r.loss[LOSS_RECON]));
    assert_false(r.s.finite);
    rig_close(&r);
}

/* A loss that is no number counts, though no parameter is there to show it. */
static void test_stepper_faults__loss_not_finite(void **state)
{
    (void)state;
    net t = {0};
    stepper s;
    double loss[LOSS_PARTS];
    rig_source src = {.fail_from = 8, .poison = true};
    net_plain(&t, "unused", PARAM_TRAINED, 1, 1, 0);
    net_begin(&t, false);
    node *x = net_input(&t, RIG_SIDE, RIG_SIDE, 3, false);
    graph_mse(&t.g, graph_relu(&t.g, x), x, 1);
    net_ready(&t, SHARD_IMAGES, GRAPH_TRAIN);
    assert_ok(stepper_init(&s, &t.g, &t.p, 8, 1, &err), &err);
    assert_ok(stepper_gradients(&s, x, rig_load, &src, loss, &err), &err);
    assert_true(isnan(loss[LOSS_RECON]));
    assert_false(s.finite);
    stepper_release(&s);
    net_release(&t);
}

static void test_stepper_faults__load_fails(void **state)
{
    (void)state;
    rig r;
    rig_open(&r, 64, 3);
    const rig_source short_of = {.fail_from = 17};
    assert_ok(rig_gradients(&r, &rig_images, &err), &err);
    assert_true(r.s.finite);
    assert_fails(rig_gradients(&r, &short_of, &err), VQ_EIO, &err,
                 "no image from 16 to 24");
    assert_false(r.s.finite);
    rig_close(&r);
}

static void test_stepper_faults__refused(void **state)
{
    (void)state;
    net t = {0};
    stepper s;
    rig_build(&t);
    assert_fails(stepper_init(&s, &t.g, &t.p, 0, 1, &err), VQ_EINTERNAL, &err,
                 "no plan to train on 0 images");
    assert_ok(graph_plan(&t.g, SHARD_IMAGES, GRAPH_INFER, &err), &err);
    assert_fails(stepper_init(&s, &t.g, &t.p, 8, 1, &err), VQ_EINTERNAL, &err,
                 "no plan to train on 8 images");
    stepper_release(&s);
    net_release(&t);
}

/* Every allocation of stepper_init fails in turn; released or not, nothing leaks. */
static void test_stepper_faults__out_of_memory(void **state)
{
    (void)state;
    net t = {0};
    stepper s;
    rig_build(&t);
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

const struct CMUnitTest test_stepper_faults_suite[] = {
    cmocka_unit_test(test_stepper_faults__not_finite),
    cmocka_unit_test(test_stepper_faults__loss_not_finite),
    cmocka_unit_test(test_stepper_faults__load_fails),
    cmocka_unit_test(test_stepper_faults__refused),
    cmocka_unit_test(test_stepper_faults__out_of_memory),
    {0},
};
