/* SPDX-License-Identifier: MIT */
#include "train/lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_trainer__leaves_its_files(void **state)
{
    (void)state;
    static const char *const names[] = {
        "config.json", "log.jsonl", "model.safetensors",  "checkpoint.safetensors",
        "curves.svg",  "usage.svg", "samples/000000.png", "samples/000005.png"};
    lab *l = lab_open(30);
    vq_error err;
    vq_config c = lab_config(l, "sonnet", "run", 5);
    assert_ok(vq_train(&c, lab_watch, l, &err), &err);
    assert_int_equal(l->steps, 5);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t size;
        free(lab_file(&c, names[i], &size));
        assert_true(size > 0);
    }
    size_t size;
    char *log = (char *)lab_file(&c, "log.jsonl", &size);
    assert_int_equal(strncmp(log, "{\"step\": 0, \"note\": \"30 pictures to train", 36),
                     0);
    int lines = -1;
    for (size_t i = 0; i < size; i++)
        lines += log[i] == '\n';
    assert_int_equal(lines, 3); /* steps 2, 4 and the last */
    free(log);
    lab_close(l);
}

static void test_trainer__same_bytes_at_any_threads(void **state)
{
    (void)state;
    lab *l = lab_open(60);
    vq_error err;
    for (int kind = 0; kind < LAB_KINDS; kind++) {
        vq_config one = lab_kind(l, kind, "one", 4);
        snprintf(one.out, sizeof one.out, "%s/%d-1", l->folder, kind);
        one.batch_size = 44; /* five shards and a half */
        one.threads = 1;
        assert_ok(vq_train(&one, lab_watch, l, &err), &err);
        for (int threads = 2; threads <= 4; threads++) {
            vq_config many = one;
            snprintf(many.out, sizeof many.out, "%s/%d-%d", l->folder, kind, threads);
            many.threads = threads;
            assert_ok(vq_train(&many, lab_watch, l, &err), &err);
            lab_assert_same(&one, &many, "model.safetensors");
            lab_assert_same(&one, &many, "checkpoint.safetensors");
        }
    }
    lab_close(l);
}

static void test_trainer__a_step_allocates_nothing(void **state)
{
    (void)state;
    lab *l = lab_open(30);
    vq_error err;
    vq_config c = lab_kind(l, LAB_KINDS - 1, "run", 6);
    c.log_every = 100;
    assert_ok(vq_train(&c, lab_watch, l, &err), &err);
    assert_int_equal(l->steps, 6);
    assert_int_equal(l->allocations, 0);
    lab_close(l);
}

static void test_trainer__eight_images_overfit(void **state)
{
    (void)state;
    static const char *const presets[] = {"sonnet", "mishalaskin"};
    for (int p = 0; p < 2; p++) {
        lab *l = lab_open(8);
        vq_error err;
        vq_config c = lab_config(l, presets[p], "run", 400);
        c.hidden = 32;
        c.res_hidden = 16;
        c.codes = 64;
        c.batch_size = 8;
        c.lr = 3e-3;
        c.log_every = 20;
        assert_ok(vq_train(&c, lab_watch, l, &err), &err);
        if (!(l->last_loss < 0.1 * l->first_loss))
            fail_msg("%s: loss went from %g to %g", presets[p], l->first_loss,
                     l->last_loss);
        lab_close(l);
    }
}

static void test_trainer__order(void **state)
{
    (void)state;
    lab *l = lab_open(30);
    vq_error err;
    vq_config a = lab_config(l, "sonnet", "a", 3), b = lab_config(l, "sonnet", "b", 3);
    snprintf(a.order, sizeof a.order, "%s/order.npy", l->folder);
    char command[600], out[8];
    snprintf(command, sizeof command, "printf '%%s' x > %s/order.npy", l->folder);
    assert_int_equal(support_run(command, out, sizeof out, NULL, 0), 0);
    assert_fails(vq_train(&a, lab_watch, l, &err), VQ_EINPUT, &err, "order.npy");
    int32_t index[12];
    for (int i = 0; i < 12; i++)
        index[i] = i;
    assert_ok(vq_codes_write(&(vq_codes){.n = 1, .h = 1, .w = 12, .index = index},
                             a.order, VQ_CODES_NPY, &err),
              &err);
    assert_ok(vq_train(&a, lab_watch, l, &err), &err);
    index[3] = 30;
    assert_ok(vq_codes_write(&(vq_codes){.n = 1, .h = 1, .w = 12, .index = index},
                             a.order, VQ_CODES_NPY, &err),
              &err);
    a.force = true;
    assert_fails(vq_train(&a, lab_watch, l, &err), VQ_EINPUT, &err, "order.npy': ");
    assert_ok(vq_train(&b, lab_watch, l, &err), &err);
    lab_close(l);
}

/* A budget ends the training and paces the schedule, also over a resume. */
static void test_trainer__time_budget(void **state)
{
    (void)state;
    lab *l = lab_open(30);
    vq_error err;
    vq_config c = lab_config(l, "sonnet", "run", 0);
    c.time_budget = 10;
    c.schedule = VQ_SCHEDULE_COSINE;
    c.log_every = 1;
    l->stop_at = 2;
    support_clock_pace(0.5);
    assert_fails(vq_train(&c, lab_watch, l, &err), VQ_ESTOPPED, &err,
                 "stopped at step 2");
    c.resume = true;
    l->stop_at = 0;
    assert_ok(vq_train(&c, lab_watch, l, &err), &err);
    int64_t steps = l->steps;
    assert_in_range(steps, 4, 20);
    assert_ok(vq_train(&c, lab_watch, l, &err), &err); /* used up */
    assert_int_equal(l->steps, steps);
    c.time_budget = 20;
    assert_ok(vq_train(&c, lab_watch, l, &err), &err);
    assert_true(l->steps > steps);
    support_clock_pace(0);
    size_t size;
    char *log = (char *)lab_file(&c, "log.jsonl", &size);
    log = realloc(log, size + 1);
    log[size] = '\0';
    double rate = 1;
    const char *at = log;
    for (int64_t i = 0; i < steps; i++, at++) {
        at = strstr(at, "\"lr\": ");
        assert_non_null(at);
        double lr = strtod(at + 6, NULL);
        assert_true(lr < rate && lr > 0);
        rate = lr;
    }
    assert_true(rate < 0.2 * c.lr);
    free(log);
    lab_close(l);
}

static void test_trainer__failed_allocations(void **state)
{
    (void)state;
    lab *l = lab_open(14);
    vq_error err;
    vq_config c = lab_kind(l, LAB_KINDS - 1, "run", 1);
    c.force = true;
    c.threads = 1;
    vq_status status = VQ_ENOMEM;
    int failures = 0;
    for (int at = 1; status != VQ_OK; at++) {
        support_alloc_fail_at(at);
        status = vq_train(&c, NULL, NULL, &err);
        support_alloc_fail_at(0);
        if (status != VQ_OK) {
            if (status != VQ_ENOMEM)
                fail_msg("allocation %d: %s", at, err.message);
            failures++;
        }
    }
    assert_true(failures > 10);
    lab_close(l);
}

const struct CMUnitTest test_trainer_suite[] = {
    cmocka_unit_test(test_trainer__leaves_its_files),
    cmocka_unit_test(test_trainer__same_bytes_at_any_threads),
    cmocka_unit_test(test_trainer__a_step_allocates_nothing),
    cmocka_unit_test(test_trainer__eight_images_overfit),
    cmocka_unit_test(test_trainer__order),
    cmocka_unit_test(test_trainer__time_budget),
    cmocka_unit_test(test_trainer__failed_allocations),
    {0},
};
