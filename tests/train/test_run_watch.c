/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "train/run_folder.h"

static void put(const char *name, const char *mode, const char *text)
{
    FILE *f = fopen(in_folder(name), mode);
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static vq_watch *open_watch(void)
{
    vq_watch *w;
    vq_error err;
    assert_ok(vq_watch_open(&w, folder_path(), &err), &err);
    return w;
}

static vq_progress next(vq_watch *w, vq_event event)
{
    vq_progress now;
    vq_error err;
    bool more;
    assert_ok(vq_watch_next(w, &now, &more, &err), &err);
    assert_true(more);
    assert_int_equal(now.event, event);
    return now;
}

static void assert_no_more(vq_watch *w)
{
    vq_progress now;
    vq_error err;
    bool more;
    assert_ok(vq_watch_next(w, &now, &more, &err), &err);
    assert_false(more);
}

/* Lines as they come, whole ones alone, with whatever figures they have. */
static void test_run_watch__follows(void **state)
{
    (void)state;
    put("config.json", "w", "{\"steps\": \"100\", \"batch_size\": 16}");
    put("log.jsonl", "w",
        "{\"step\": 10, \"epoch\": 0.5, \"loss\": 2, \"images_per_s\": 32}\n"
        "{\"step\": 10, \"note\": \"half\"}\n{\"step\": 20, \"lo");
    vq_watch *w = open_watch();
    assert_false(vq_watch_goes_on(w));
    next(w, VQ_EVENT_START);
    vq_progress p = next(w, VQ_EVENT_LOG);
    assert_int_equal(p.step, 10);
    assert_int_equal(p.steps, 100);
    assert_int_equal(p.n_figures, 1);
    assert_true(p.epoch == .5 && p.images_per_s == 32 && p.seconds_left == 45);
    assert_true(vq_progress_figure(&p, "loss") == 2);
    assert_string_equal(next(w, VQ_EVENT_NOTE).text, "half");
    assert_no_more(w);
    put("log.jsonl", "a", "ss\": 1, \"held_out_psnr\": 20}\nno json\n");
    p = next(w, VQ_EVENT_LOG);
    assert_true(vq_progress_figure(&p, "held_out_psnr") == 20);
    assert_no_more(w);
    /* resumed: written anew, as another file */
    put("new", "w", "{\"step\": 10, \"loss\": 2}\n");
    assert_int_equal(rename(in_folder("new"), in_folder("log.jsonl")), 0);
    next(w, VQ_EVENT_START);
    assert_int_equal(next(w, VQ_EVENT_LOG).step, 10);
    assert_no_more(w);
    vq_watch_close(w);
}

/* Until when, where the configuration says it in epochs, in time, or not at all. */
static void test_run_watch__length(void **state)
{
    (void)state;
    static const char line[] =
        "{\"step\": 10, \"epoch\": 0.5, \"loss\": 2, \"images_per_s\": 32}\n";
    static const struct {
        const char *config;
        int64_t steps;
        double left;
    } cases[] = {
        {"{\"steps\": 0, \"epochs\": 2, \"batch_size\": 16}", 40, 15},
        {"{\"time_budget\": \"1m\", \"batch_size\": 16}", 0, 55},
        {"{}", 0, -1},
        {"torn", 0, -1},
    };
    put("log.jsonl", "w", line);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put("config.json", "w", cases[i].config);
        vq_watch *w = open_watch();
        next(w, VQ_EVENT_START);
        const vq_progress p = next(w, VQ_EVENT_LOG);
        assert_int_equal(p.steps, cases[i].steps);
        assert_true(p.seconds_left == cases[i].left);
        vq_watch_close(w);
    }
}

/* The lock says whether it goes on; to look at it does not keep a training out. */
static void test_run_watch__lock(void **state)
{
    (void)state;
    vq_error err;
    vq_watch *w;
    run_folder f;
    assert_fails(vq_watch_open(&w, folder_path(), &err), VQ_EINPUT, &err,
                 "no run folder with a log, and nobody trains in it");
    assert_ok(run_folder_open(&f, RUN_LATEST, "toy", folder_path(), false, false, &err),
              &err);
    w = open_watch(); /* it has no log yet */
    assert_true(vq_watch_goes_on(w));
    assert_no_more(w);
    put("log.jsonl", "w", "{\"step\": 1, \"loss\": 2}\n");
    next(w, VQ_EVENT_START);
    next(w, VQ_EVENT_LOG);
    run_folder_close(&f);
    assert_false(vq_watch_goes_on(w));
    put(".lock", "w", "1\n"); /* left by one that was killed */
    assert_false(vq_watch_goes_on(w));
    assert_no_more(w);
    vq_watch_close(w);
    assert_fails(vq_watch_open(&w, in_folder("none"), &err), VQ_EIO, &err, "none");
    assert_fails(vq_watch_open(&w, in_folder("log.jsonl"), &err), VQ_EINPUT, &err,
                 "is a file, no run folder");
}

/* Lines that no training writes are passed over, or tell what can be told. */
static void test_run_watch__hostile(void **state)
{
    (void)state;
    static const char *const nothing[] = {
        "{\"step\": -9223372036854775808, \"epoch\": 1, \"images_per_s\": 1}\n",
        "{\"step\": 9223372036854775807, \"epoch\": 1, \"images_per_s\": 1}\n",
    };
    put("config.json", "w", "{\"epochs\": 1e9, \"batch_size\": 16}");
    put("log.jsonl", "w", nothing[0]);
    put("log.jsonl", "a", nothing[1]);
    FILE *f = fopen(in_folder("log.jsonl"), "a");
    assert_non_null(f);
    for (int i = 0; i < 200000; i++) /* a line that is too long */
        assert_int_equal(fputc('{', f), '{');
    assert_int_equal(fputc('\n', f), '\n');
    assert_int_equal(fclose(f), 0);
    put("log.jsonl", "a", "{\"step\": 10, \"epoch\": 1e-300, \"images_per_s\": 9}\n");
    vq_watch *w = open_watch();
    next(w, VQ_EVENT_START);
    const vq_progress p = next(w, VQ_EVENT_LOG);
    assert_int_equal(p.step, 10);
    assert_int_equal(p.steps, (int64_t)1 << 53);
    assert_no_more(w);
    vq_watch_close(w);
}

const struct CMUnitTest test_run_watch_suite[] = {
    folder_test(test_run_watch__hostile),
    folder_test(test_run_watch__follows),
    folder_test(test_run_watch__length),
    folder_test(test_run_watch__lock),
    {0},
};
