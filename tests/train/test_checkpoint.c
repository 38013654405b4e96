/* SPDX-License-Identifier: MIT */
#include "train/lab.h"

#include <stdio.h>
#include <stdlib.h>

static void test_checkpoint__resumed_is_uninterrupted(void **state)
{
    (void)state;
    lab *l = lab_open(30);
    vq_error err;
    for (int kind = 0; kind < LAB_KINDS; kind++) {
        vq_config whole = lab_kind(l, kind, "whole", 7), part = whole;
        whole.force = part.force = true;
        snprintf(part.out, sizeof part.out, "%s/part", l->folder);
        l->stop_at = 0;
        assert_ok(vq_train(&whole, lab_watch, l, &err), &err);

        l->stop_at = 3;
        assert_fails(vq_train(&part, lab_watch, l, &err), VQ_ESTOPPED, &err,
                     "stopped at step 3");
        l->stop_at = 0;
        part.resume = true;
        part.threads = 1;
        assert_ok(vq_train(&part, lab_watch, l, &err), &err);
        lab_assert_same(&whole, &part, "model.safetensors");
        lab_assert_same(&whole, &part, "checkpoint.safetensors");
    }
    lab_close(l);
}

static void test_checkpoint__resume_refuses_another_recipe(void **state)
{
    (void)state;
    lab *l = lab_open(30);
    vq_error err;
    vq_config c = lab_config(l, "sonnet", "run", 2);
    assert_ok(vq_train(&c, lab_watch, l, &err), &err);
    assert_fails(vq_train(&c, lab_watch, l, &err), VQ_EUSAGE, &err, "holds a run");
    c.resume = true;
    c.beta = 0.5;
    assert_fails(vq_train(&c, lab_watch, l, &err), VQ_EINPUT, &err,
                 "beta 0.25, not 0.5");
    c.beta = 0.25;
    c.steps = 4;
    c.lr = 1e-3; /* the schedule may change */
    assert_ok(vq_train(&c, lab_watch, l, &err), &err);
    snprintf(c.out, sizeof c.out, "%s/nothing", l->folder);
    assert_fails(vq_train(&c, lab_watch, l, &err), VQ_EINPUT, &err, "it holds no run");
    lab_close(l);
}

/* A learning rate that blows up ends in words, and the last checkpoint stays. */
static void test_checkpoint__divergence(void **state)
{
    (void)state;
    lab *l = lab_open(30);
    vq_error err;
    vq_config c = lab_config(l, "mishalaskin", "run", 2), good;
    assert_ok(vq_train(&c, lab_watch, l, &err), &err);
    good = c;
    size_t before, after;
    unsigned char *was = lab_file(&good, "checkpoint.safetensors", &before);
    c.resume = true;
    c.steps = 100;
    c.lr = 1e30;
    assert_fails(vq_train(&c, lab_watch, l, &err), VQ_EDIVERGED, &err, "is not finite");
    assert_fails(VQ_EDIVERGED, VQ_EDIVERGED, &err, "the checkpoint of step 2");
    unsigned char *is = lab_file(&good, "checkpoint.safetensors", &after);
    assert_int_equal(before, after);
    assert_memory_equal(was, is, before);
    free(was);
    free(is);
    lab_close(l);
}

const struct CMUnitTest test_checkpoint_suite[] = {
    cmocka_unit_test(test_checkpoint__resumed_is_uninterrupted),
    cmocka_unit_test(test_checkpoint__resume_refuses_another_recipe),
    cmocka_unit_test(test_checkpoint__divergence),
    {0},
};
