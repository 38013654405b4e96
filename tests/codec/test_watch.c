/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "base/parallel.h"
#include "codec/watch.h"

typedef struct seen {
    int calls, stop_at; /* stop_at: the call that asks to stop; 0: none */
    int inside;         /* calls at this moment */
    double done;
} seen;

static int look(double done, void *user)
{
    seen *s = user;
    assert_int_equal(s->inside++, 0);
    assert_true(done >= s->done && done <= 1);
    s->done = done;
    s->calls++;
    s->inside--;
    return s->stop_at && s->calls >= s->stop_at;
}

static void test_watch__nobody_looks(void **state)
{
    (void)state;
    codec_watch w = {.call = NULL};
    watch_begin(&w, 1);
    assert_int_equal(watch_report(&w, 3, NULL), VQ_OK);
    assert_int_equal(watch_report(NULL, 3, NULL), VQ_OK);
}

static void test_watch__share(void **state)
{
    (void)state;
    seen s = {0};
    codec_watch w = {.call = look, .user = &s};
    watch_begin(&w, 8);
    assert_int_equal(watch_report(&w, 0, NULL), VQ_OK);
    assert_true(s.done == 0);
    assert_int_equal(watch_report(&w, 2, NULL), VQ_OK);
    assert_true(s.done == 0.25);
    assert_int_equal(watch_report(&w, 10, NULL), VQ_OK);
    assert_true(s.done == 1);
    assert_int_equal(s.calls, 3);
}

/* From the call on that asks for it, until the next work begins. */
static void test_watch__stops(void **state)
{
    (void)state;
    vq_error err;
    seen s = {.stop_at = 2};
    codec_watch w = {.call = look, .user = &s};
    watch_begin(&w, 8);
    assert_ok(watch_report(&w, 1, &err), &err);
    for (int i = 0; i < 3; i++)
        assert_fails(watch_report(&w, 1, &err), VQ_ESTOPPED, &err, "stopped");
    assert_int_equal(s.calls, 2);
    s = (seen){0};
    watch_begin(&w, 8);
    assert_ok(watch_report(&w, 1, &err), &err);
    assert_true(s.done == 0.125);
}

static vq_status report(void *user, int i, int worker, vq_error *err)
{
    (void)i, (void)worker;
    return watch_report(user, 1, err);
}

static void test_watch__one_call_at_a_time(void **state)
{
    (void)state;
    vq_error err;
    seen s = {0};
    codec_watch w = {.call = look, .user = &s};
    watch_begin(&w, 20000);
    assert_ok(parallel_for(4, 20000, report, &w, &err), &err);
    assert_int_equal(w.done, 20000);
    assert_true(s.calls > 0 && s.calls <= 20000);
}

const struct CMUnitTest test_watch_suite[] = {
    cmocka_unit_test(test_watch__nobody_looks),
    cmocka_unit_test(test_watch__share),
    cmocka_unit_test(test_watch__stops),
    cmocka_unit_test(test_watch__one_call_at_a_time),
    {0},
};
