/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "train/schedule.h"

#define STEPS 20

/* Printed by make_schedule.py. */
/* clang-format off */
static const float warmed[STEPS] = {0.2f, 0.4f, 0.6f, 0.8f, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
static const float cosine[STEPS] = {1, 0.99384417f, 0.975528258f, 0.945503262f, 0.904508497f, 0.853553391f, 0.793892626f, 0.72699525f, 0.654508497f, 0.578217233f, 0.5f, 0.421782767f, 0.345491503f, 0.27300475f, 0.206107374f, 0.146446609f, 0.0954915028f, 0.0544967379f, 0.0244717419f, 0.0061558297f};
static const float cosine_end[STEPS] = {1, 0.994459753f, 0.977975432f, 0.950952936f, 0.914057647f, 0.868198052f, 0.814503364f, 0.754295725f, 0.689057647f, 0.620395509f, 0.55f, 0.479604491f, 0.410942353f, 0.345704275f, 0.285496636f, 0.231801948f, 0.185942353f, 0.149047064f, 0.122024568f, 0.105540247f};
static const float stepped[STEPS] = {1, 1, 1, 1, 1, 1, 0.25f, 0.25f, 0.25f, 0.25f, 0.25f, 0.25f, 0.0625f, 0.0625f, 0.0625f, 0.0625f, 0.0625f, 0.0625f, 0.015625f, 0.015625f};
static const float warmed_cosine[STEPS] = {0.2f, 0.397537668f, 0.585316955f, 0.75640261f, 0.904508497f, 0.853553391f, 0.793892626f, 0.72699525f, 0.654508497f, 0.578217233f, 0.5f, 0.421782767f, 0.345491503f, 0.27300475f, 0.206107374f, 0.146446609f, 0.0954915028f, 0.0544967379f, 0.0244717419f, 0.0061558297f};
static const float warmed_stepped[STEPS] = {0.2f, 0.4f, 0.6f, 0.8f, 1, 1, 0.25f, 0.25f, 0.25f, 0.25f, 0.25f, 0.25f, 0.0625f, 0.0625f, 0.0625f, 0.0625f, 0.0625f, 0.0625f, 0.015625f, 0.015625f};
/* clang-format on */

static vq_config with(int schedule, int64_t warmup, double end)
{
    return (vq_config){.lr = 1,
                       .schedule = schedule,
                       .warmup = warmup,
                       .lr_end = end,
                       .lr_every = 0.3,
                       .lr_factor = 0.25};
}

static void rates(const vq_config *c, float lr[STEPS])
{
    for (int i = 0; i < STEPS; i++)
        lr[i] = (float)schedule_lr(c, schedule_progress((double)i, STEPS), i);
}

static void test_schedule__golden(void **state)
{
    (void)state;
    const struct {
        vq_config c;
        const float *want;
    } cases[] = {
        {with(VQ_SCHEDULE_CONSTANT, 5, 0), warmed},
        {with(VQ_SCHEDULE_COSINE, 0, 0), cosine},
        {with(VQ_SCHEDULE_COSINE, 0, 0.1), cosine_end},
        {with(VQ_SCHEDULE_STEP, 0, 0), stepped},
        {with(VQ_SCHEDULE_COSINE, 5, 0), warmed_cosine},
        {with(VQ_SCHEDULE_STEP, 5, 0), warmed_stepped},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        float lr[STEPS];
        rates(&cases[i].c, lr);
        assert_close(lr, cases[i].want, STEPS, 1e-7, 1e-6);
    }
}

/* The default is the rate itself, to the last bit, wherever the training stands. */
static void test_schedule__constant(void **state)
{
    (void)state;
    vq_config c = with(VQ_SCHEDULE_CONSTANT, 0, 0);
    c.lr = 3e-4;
    for (int64_t i = 0; i < 1000; i++)
        assert_true(schedule_lr(&c, schedule_progress((double)i, 1000), i) == 3e-4);
}

/* Drops come at whole multiples of the share, however that rounds. */
static void test_schedule__drops_are_on_time(void **state)
{
    (void)state;
    vq_config c = with(VQ_SCHEDULE_STEP, 0, 0);
    c.lr_factor = 0.5;
    for (int parts = 2; parts <= 10; parts++)
        for (int64_t steps = parts; steps < 1000; steps += parts) {
            c.lr_every = 1.0 / parts;
            int64_t each = steps / parts;
            for (int k = 1; k < parts; k++) {
                double before =
                    schedule_progress((double)(k * each - 1), (double)steps);
                double at = schedule_progress((double)(k * each), (double)steps);
                assert_true(schedule_lr(&c, before, 0) == 1.0 / (1 << (k - 1)));
                assert_true(schedule_lr(&c, at, 0) == 1.0 / (1 << k));
            }
        }
}

/* Two courses, the second of a fifth; without a share none begins. */
static void test_schedule__refines(void **state)
{
    (void)state;
    vq_config c = with(VQ_SCHEDULE_COSINE, 0, 0);
    assert_false(schedule_refines(&c, 1));
    c.refine_share = 0.25;
    for (int i = 0; i < 15; i++) {
        vq_config whole = with(VQ_SCHEDULE_COSINE, 0, 0);
        float got = (float)schedule_lr(&c, i / 20.0, 0);
        float want = (float)schedule_lr(&whole, i / 15.0, 0);
        assert_false(schedule_refines(&c, i / 20.0));
        assert_close(&got, &want, 1, 1e-7, 1e-6);
    }
    for (int i = 0; i <= 5; i++) {
        vq_config whole = with(VQ_SCHEDULE_COSINE, 0, 0);
        float got = (float)schedule_lr(&c, (15 + i) / 20.0, 0);
        float want = (float)(0.2 * schedule_lr(&whole, i / 5.0, 0));
        assert_true(schedule_refines(&c, (15 + i) / 20.0));
        assert_close(&got, &want, 1, 1e-7, 1e-6);
    }
    c.refine_share = 1;
    assert_true(schedule_refines(&c, 0));
    assert_true(schedule_lr(&c, 0, 0) == 0.2);
}

static void test_schedule__progress(void **state)
{
    (void)state;
    assert_true(schedule_progress(0, 4) == 0);
    assert_true(schedule_progress(1, 4) == 0.25);
    assert_true(schedule_progress(4, 4) == 1);
    assert_true(schedule_progress(9, 4) == 1);
    assert_true(schedule_progress(0, 0) == 1);
    double many = 1e12;
    assert_true(schedule_progress(many - 1, many) < 1);
}

const struct CMUnitTest test_schedule_suite[] = {
    cmocka_unit_test(test_schedule__golden),
    cmocka_unit_test(test_schedule__constant),
    cmocka_unit_test(test_schedule__drops_are_on_time),
    cmocka_unit_test(test_schedule__refines),
    cmocka_unit_test(test_schedule__progress),
    {0},
};
