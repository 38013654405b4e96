/*
 * SPDX-License-Identifier: MIT
 *
 * How a training tells of the pictures that it does not see.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "image/image.h"
#include "tiny.h"
#include "train/held_out.h"
#include "train/lab.h"
#include "train/sample.h"
#include "train/variety.h"

enum { SIDE = 32, TRAIN = 20, TEST = 10 };

/* A picture of a file of its own. */
static void put(const lab *l, const char *set, const char *split, int i)
{
    char path[VQ_PATH_MAX];
    vq_error err;
    vq_image image = {.width = SIDE, .height = SIDE};
    image.rgb = tiny_picture(SIDE, SIDE, i + (split[1] == 'e' ? 100 : 0));
    snprintf(path, sizeof path, "%s/%s/%s/%02d.png", l->folder, set, split, i);
    assert_ok(vq_image_write(&image, path, &err), &err);
    vq_image_release(&image);
}

/* A folder of pictures with the split train, and perhaps test. */
static void make(const lab *l, const char *set, int train, int test)
{
    char path[VQ_PATH_MAX];
    for (int part = 0; part < 3; part++) {
        snprintf(path, sizeof path, "%s/%s/%s", l->folder, set,
                 part == 0   ? ""
                 : part == 1 ? "train"
                             : "test");
        assert_true((part == 2 && test == 0) || mkdir(path, 0777) == 0);
    }
    for (int i = 0; i < train; i++)
        put(l, set, "train", i);
    for (int i = 0; i < test; i++)
        put(l, set, "test", i);
}

static vq_config config_of(const lab *l, int kind, const char *name, int steps,
                           const char *set)
{
    vq_config c = lab_kind(l, kind, name, steps);
    c.log_every = 1;
    snprintf(c.data, sizeof c.data, "%s/%s", l->folder, set);
    return c;
}

/* The log as text; free(). */
static char *log_of(const vq_config *c)
{
    size_t size;
    char *log = (char *)lab_file(c, "log.jsonl", &size);
    log = realloc(log, size + 1);
    assert_non_null(log);
    log[size] = '\0';
    return log;
}

/* The figures as the log has them, "step:value" of each; free(). */
static char *figures_of(const vq_config *c)
{
    char *log = log_of(c), *text = calloc(1, strlen(log) + 1);
    for (const char *line = log; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *end = strchr(line, '\n'), *at = strstr(line, "\"held_out_psnr\": ");
        if (at && end && at < end)
            sprintf(text + strlen(text), "%d:%.6f ", atoi(line + 9), atof(at + 17));
    }
    free(log);
    return text;
}

static void assert_figures(const vq_config *a, const vq_config *b)
{
    char *x = figures_of(a), *y = figures_of(b);
    assert_true(x[0] != '\0');
    assert_string_equal(x, y);
    free(x);
    free(y);
}

/* It is what eval says of the split, by the nearest codes of the model that was saved.
 */
static void test_held_out__as_eval(void **state)
{
    (void)state;
    lab *l = lab_open(1);
    vq_error err;
    make(l, "set", TRAIN, TEST);
    for (int kind = 0; kind < LAB_KINDS; kind += LAB_KINDS - 1) {
        char path[VQ_PATH_MAX + 64], want[64], name[16];
        vq_model *m;
        vq_scores s;
        snprintf(name, sizeof name, "run%d", kind);
        vq_config c = config_of(l, kind, name, 5, "set");
        assert_ok(vq_train(&c, NULL, NULL, &err), &err);
        snprintf(path, sizeof path, "%s/model.safetensors", c.out);
        assert_ok(vq_model_open(&m, path, &err), &err);
        vq_model_set_refine(m, 0);
        assert_ok(vq_evaluate(m, c.data, "", "test", &s, &err), &err);
        char *figures = figures_of(&c);
        snprintf(want, sizeof want, "5:%.6f ", s.psnr);
        if (!strstr(figures, want))
            fail_msg("'%s' is not in '%s'", want, figures);
        free(figures);
        vq_model_close(m);
    }
    lab_close(l);
}

/* At any number of threads, and after a resume; the model does not know of it. */
static void test_held_out__repeats(void **state)
{
    (void)state;
    lab *l = lab_open(1);
    vq_error err;
    char test[300], away[300];
    make(l, "set", TRAIN, TEST);
    const int kind = LAB_KINDS - 1;
    vq_config one = config_of(l, kind, "one", 40, "set"), two = one, part = one,
              alone = one;
    snprintf(two.out, sizeof two.out, "%s/two", l->folder);
    snprintf(part.out, sizeof part.out, "%s/part", l->folder);
    snprintf(alone.out, sizeof alone.out, "%s/alone", l->folder);
    snprintf(test, sizeof test, "%s/set/test", l->folder);
    snprintf(away, sizeof away, "%s/away", l->folder);
    one.threads = 1;
    two.threads = 3;
    assert_ok(vq_train(&one, NULL, NULL, &err), &err);
    assert_ok(vq_train(&two, NULL, NULL, &err), &err);
    l->stop_at = 17;
    assert_fails(vq_train(&part, lab_watch, l, &err), VQ_ESTOPPED, &err, "step 17");
    part.resume = true;
    assert_ok(vq_train(&part, NULL, NULL, &err), &err);
    assert_figures(&one, &two);
    assert_figures(&one, &part);
    /* 28 steps of 12 pictures are a hundred times a third of 10 */
    char *figures = figures_of(&one);
    assert_true(strncmp(figures, "28:", 3) == 0 && strstr(figures, " 40:") != NULL);
    free(figures);
    assert_int_equal(rename(test, away), 0);
    assert_ok(vq_train(&alone, NULL, NULL, &err), &err);
    lab_assert_same(&one, &alone, "model.safetensors");
    lab_assert_same(&one, &alone, "checkpoint.safetensors");
    figures = figures_of(&alone);
    assert_string_equal(figures, "");
    free(figures);
    lab_close(l);
}

static void check_log(const vq_config *config, const char *part)
{
    vq_error err;
    vq_config c = *config;
    c.force = true;
    assert_ok(vq_train(&c, NULL, NULL, &err), &err);
    char *log = log_of(&c);
    if (!strstr(log, part))
        fail_msg("'%s' is not in %s", part, log);
    free(log);
}

static void test_held_out__says_what_there_is(void **state)
{
    (void)state;
    lab *l = lab_open(13);
    make(l, "set", TRAIN, TEST);
    make(l, "alone", TRAIN, 0);
    vq_config c = config_of(l, 0, "run", 1, "set");
    check_log(&c, "\"20 pictures to train on, 10 held out, 0 skipped\"");
    /* those that cannot be used, of either split */
    char command[900];
    snprintf(command, sizeof command,
             "cd %s/set; printf junk >train/x.png; : >train/y.png; printf junk "
             ">test/x.png",
             l->folder);
    assert_int_equal(support_run(command, (char[8]){0}, 8, (char[8]){0}, 8), 0);
    c.skip_bad = true;
    check_log(&c, "\"20 pictures to train on, 10 held out, 3 skipped\"");
    /* a split of which nothing can be used: why */
    snprintf(command, sizeof command,
             "cd %s/set/test && for f in *.png; do printf junk >$f; done", l->folder);
    assert_int_equal(support_run(command, (char[8]){0}, 8, (char[8]){0}, 8), 0);
    check_log(
        &c,
        "\"20 pictures to train on, none held out, 2 skipped: 11 of 11 pictures of ");
    c = config_of(l, 0, "run", 1, "alone");
    check_log(&c, "\"20 pictures to train on, none held out, 0 skipped: no picture of "
                  "the test split");
    /* a file is the whole of each split */
    c = lab_config(l, "sonnet", "run", 1);
    check_log(
        &c,
        "\"13 pictures to train on, none held out, 0 skipped: there is no test split");
    lab_close(l);
}

/* Sixteen crops that differ, above what became of them, at the start and at the end. */
static void test_held_out__samples(void **state)
{
    (void)state;
    lab *l = lab_open(1);
    vq_error err;
    make(l, "set", TRAIN, 30);
    vq_config c = config_of(l, 0, "run", 3, "set");
    assert_ok(vq_train(&c, NULL, NULL, &err), &err);
    char path[VQ_PATH_MAX + 64];
    vq_image first, last;
    snprintf(path, sizeof path, "%s/samples/000000.png", c.out);
    assert_ok(vq_image_read(&first, path, &err), &err);
    snprintf(path, sizeof path, "%s/samples/000003.png", c.out);
    assert_ok(vq_image_read(&last, path, &err), &err);
    assert_int_equal(first.width, 8 * 96 + 7 * 3);
    assert_int_equal(first.height, 4 * 96 + 3 * 3);
    const size_t row = (size_t)3 * first.width;
    for (int y = 0; y < first.height; y++) {
        const bool same = memcmp(first.rgb + y * row, last.rgb + y * row, row) == 0;
        const int part = y / 99, gap = y % 99 >= 96;
        assert_true(same == (gap || part % 2 == 0)); /* originals stay */
    }
    vq_image_release(&first);
    vq_image_release(&last);
    lab_close(l);
}

/* Plain ones come last, and no two that are alike before all that differ. */
static void test_held_out__variety(void **state)
{
    (void)state;
    enum { N = 12, SIZE = 3 * SIDE * SIDE };
    unsigned char *rgb = malloc(N * SIZE);
    int chosen[N], n;
    vq_error err;
    for (int i = 0; i < N; i++) {
        unsigned char *one = rgb + (size_t)i * SIZE;
        for (int k = 0; k < SIZE; k++) /* 0 to 2: plain red, the others three kinds */
            one[k] = (unsigned char)(i < 3        ? (k % 3 ? 0 : 255)
                                     : i % 3 == 0 ? k / 3 % SIDE * 8
                                     : i % 3 == 1 ? k / 3 / SIDE * 8
                                     : k % 3 == 1 ? 255 - k / 3 / SIDE * 6
                                                  : 0);
        one[0] = (unsigned char)(one[0] + i); /* no two are the same */
    }
    assert_ok(variety_choose(rgb, N, SIDE, N, chosen, &n, &err), &err);
    assert_int_equal(n, N);
    int kinds = 0, seen[N] = {0};
    for (int i = 0; i < 3; i++)
        kinds |= 1 << chosen[i] % 3;
    assert_int_equal(kinds, 7);
    for (int i = 0; i < N; i++)
        assert_int_equal(seen[chosen[i]]++, 0);
    for (int i = 9; i < N; i++)
        assert_true(chosen[i] < 3);
    assert_ok(variety_choose(rgb, N, SIDE, 4, chosen, &n, &err), &err);
    assert_int_equal(n, 4);
    assert_ok(variety_choose(rgb, 2, SIDE, 4, chosen, &n, &err), &err);
    assert_int_equal(n, 2);
    free(rgb);
}

const struct CMUnitTest test_held_out_suite[] = {
    cmocka_unit_test(test_held_out__as_eval),
    cmocka_unit_test(test_held_out__repeats),
    cmocka_unit_test(test_held_out__says_what_there_is),
    cmocka_unit_test(test_held_out__samples),
    cmocka_unit_test(test_held_out__variety),
    {0},
};
