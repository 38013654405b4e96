/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "tiny.h"
#include "train/collapse.h"

static vq_config config_of(const char *name, const char *value)
{
    vq_config c;
    vq_error err;
    assert_ok(vq_config_preset(&c, "sonnet", &err), &err);
    assert_ok(vq_config_set(&c, name, value, &err), &err);
    return c;
}

/* Told once a collapse, after the warm-up, and not while the perplexity grows. */
static void test_collapse__when(void **state)
{
    (void)state;
    static const struct {
        int64_t first;
        double rows, perplexity;
        bool seen;
    } intervals[] = {
        {0, 2048, 5, false},     {900, 2048, 5, false},  /* warming up */
        {1000, 2048, 6, false},                          /* growing */
        {1100, 2048, 6, true},   {1200, 2048, 5, false}, /* once */
        {1300, 2048, 80, false}, {1400, 2048, 50, true}, /* recovered, and again */
        {1500, 2048, 52, false}, {1600, 100, 11, false}, /* few rows: all that fits */
        {1700, 100, 9, true},
    };
    collapse c = {0};
    vq_config config = config_of("codebook", "ema");
    char text[320];
    for (size_t i = 0; i < sizeof intervals / sizeof intervals[0]; i++)
        assert_int_equal(collapse_seen(&c, &config, intervals[i].first,
                                       intervals[i].rows, intervals[i].perplexity,
                                       text),
                         intervals[i].seen);
}

static void test_collapse__advice(void **state)
{
    (void)state;
    static const char *const cases[][3] = {{"codebook", "ema", "try --revive 10"},
                                           {"codebook", "gradient", "--codebook ema"},
                                           {"codebook", "simvq", "one map"},
                                           {"codebook", "fsq", "the grid's cells"},
                                           {"revive", "50", "revived codes lose"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        collapse c = {.before = 7};
        vq_config config = config_of(cases[i][0], cases[i][1]);
        char text[320];
        assert_true(collapse_seen(&c, &config, 2000, 2048, 7, text));
        assert_non_null(strstr(text, "perplexity 7.0 of 512 codes; likely because"));
        if (!strstr(text, cases[i][2]))
            fail_msg("'%s' does not say '%s'", text, cases[i][2]);
    }
}

static int count_notes(const vq_progress *p, void *user)
{
    int *notes = user;
    *notes += p->event == VQ_EVENT_NOTE && strstr(p->text, "collapsing");
    return 0;
}

/* A training that collapses says so, and its log does. */
static void test_collapse__in_training(void **state)
{
    (void)state;
    char folder[256], path[400];
    vq_error err;
    unsigned char *log;
    size_t size;
    int notes = 0;
    support_folder_make(folder);
    vq_config c = tiny_config("mishalaskin");
    tiny_data(folder, 8, c.data);
    c.codes = 512;
    c.batch_size = 1;
    c.hidden = 2;
    c.res_hidden = 1;
    c.res_layers = 0;
    c.code_dim = 2;
    c.lr = 1e-5;
    c.steps = 1300;
    c.log_every = 100;
    snprintf(c.out, sizeof c.out, "%s/run", folder);
    assert_ok(vq_train(&c, count_notes, &notes, &err), &err);
    assert_int_equal(notes, 1);
    snprintf(path, sizeof path, "%s/run/log.jsonl", folder);
    assert_ok(file_read(path, 1 << 20, &log, &size, &err), &err);
    log[size - 1] = '\0';
    assert_non_null(strstr((char *)log, "\"note\": \"the codebook is collapsing: "));
    free(log);
    support_folder_remove(folder);
}

const struct CMUnitTest test_collapse_suite[] = {
    cmocka_unit_test(test_collapse__when),
    cmocka_unit_test(test_collapse__advice),
    cmocka_unit_test(test_collapse__in_training),
    {0},
};
