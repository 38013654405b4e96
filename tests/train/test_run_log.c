/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "train/run_log.h"

static vq_error err;

/* Fail unless the case's log holds just this text. */
static void assert_log(const char *want)
{
    unsigned char *bytes;
    size_t size;
    assert_ok(file_read(in_folder("log"), 10000, &bytes, &size, &err), &err);
    if (size != strlen(want) || memcmp(bytes, want, size) != 0)
        fail_msg("the log holds '%.*s', want '%s'", (int)size, (char *)bytes, want);
    free(bytes);
}

/* Keys in the order of the figures; a note is quoted, whatever it holds. */
static void test_run_log__lines(void **state)
{
    (void)state;
    run_log log;
    const vq_progress p = {.step = 20,
                           .epoch = 0.4,
                           .figure = {{"nmse", 0.125}, {"perplexity", 300}},
                           .n_figures = 2,
                           .images_per_s = 1234.56};
    assert_ok(run_log_open(&log, in_folder("log"), -1, &err), &err);
    assert_ok(run_log_add(&log, &p, &err), &err);
    assert_ok(run_log_note(&log, 21, "a \"word\"\n", &err), &err);
    assert_log("{\"step\": 20, \"epoch\": 0.4, \"nmse\": 0.125, \"perplexity\": 300, "
               "\"images_per_s\": 1234.6}\n"
               "{\"step\": 21, \"note\": \"a \\\"word\\\"\\n\"}\n");
    run_log_close(&log);
    run_log_close(&log);
}

/* Resuming drops what came after the step, and everything from a torn line on. */
static void test_run_log__keeps_lines_up_to_a_step(void **state)
{
    (void)state;
#define STEP(n) "{\"step\": " #n "}\n"
    static const struct {
        const char *was;
        int64_t step;
        const char *is; /* with a note of step 9 added */
    } cases[] = {
        {STEP(2) STEP(4) STEP(6), 4, STEP(2) STEP(4)},
        {STEP(2) STEP(4) STEP(6), 3, STEP(2)},
        {STEP(2) STEP(4) STEP(6), 6, STEP(2) STEP(4) STEP(6)},
        {STEP(2) STEP(4) STEP(6), 0, ""},
        {STEP(2) STEP(4) STEP(6), -1, ""},
        {STEP(2) "{\"step\": 4", 8, STEP(2)},
        {STEP(2) "{\"st\n" STEP(4), 8, STEP(2)},
        {"", 8, ""},
    };
#undef STEP
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        run_log log;
        char want[200];
        assert_ok(
            file_write(in_folder("log"), cases[i].was, strlen(cases[i].was), &err),
            &err);
        assert_ok(run_log_open(&log, in_folder("log"), cases[i].step, &err), &err);
        assert_log(cases[i].is);
        assert_ok(run_log_note(&log, 9, "on", &err), &err);
        snprintf(want, sizeof want, "%s{\"step\": 9, \"note\": \"on\"}\n", cases[i].is);
        assert_log(want);
        run_log_close(&log);
    }
}

static void test_run_log__faults(void **state)
{
    (void)state;
    run_log log;
    const vq_progress p = {.step = 1};
    assert_fails(run_log_open(&log, in_folder("no/log"), 0, &err), VQ_EIO, &err,
                 "no/log': No such file or directory");
    run_log_close(&log);
    assert_ok(run_log_open(&log, "/dev/full", -1, &err), &err);
    assert_fails(run_log_add(&log, &p, &err), VQ_EIO, &err,
                 "cannot write '/dev/full': No space left on device");
    assert_fails(run_log_note(&log, 1, "n", &err), VQ_EIO, &err, "/dev/full");
    run_log_close(&log);
    assert_ok(file_write(in_folder("log"), "{\"step\": 1}\n", 12, &err), &err);
    support_alloc_fail_at(1);
    assert_fails(run_log_open(&log, in_folder("log"), 1, &err), VQ_ENOMEM, &err,
                 "out of memory");
    support_alloc_fail_at(0);
    run_log_close(&log);
    assert_log("{\"step\": 1}\n");
}

const struct CMUnitTest test_run_log_suite[] = {
    folder_test(test_run_log__lines),
    folder_test(test_run_log__keeps_lines_up_to_a_step),
    folder_test(test_run_log__faults),
    {0},
};
