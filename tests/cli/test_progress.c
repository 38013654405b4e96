/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/progress.h"

static const vq_progress sample = {
    .event = VQ_EVENT_LOG,
    .step = 1200,
    .steps = 10000,
    .epoch = 0.768,
    .figure = {{"loss", 0.1234567},
               {"recon", 0.1},
               {"codebook", 0.0123},
               {"commitment", 0.0234},
               {"nmse", 0.08123},
               {"perplexity", 154.23},
               {"lr", 3e-4}},
    .n_figures = 7,
    .images_per_s = 612.4,
    .seconds_left = 128,
};

static void test_progress__time(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {{0, "0s"},         {59.4, "59s"},     {59.6, "1m00s"},
                 {128, "2m08s"},    {3599.9, "1h00m"}, {11040, "3h04m"},
                 {190800, "2d05h"}, {-1, "?"},         {(double)INFINITY, "?"},
                 {(double)NAN, "?"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];
        progress_time(text, cases[i].seconds);
        assert_string_equal(text, cases[i].text);
    }
}

static void test_progress__no_limit(void **state)
{
    (void)state;
    char line[PROGRESS_LINE_MAX];
    progress_format(line, &sample, 0);
    assert_string_equal(
        line, "step 1200/10000  epoch 0.77  loss 0.1235  recon 0.1000  codebook "
              "0.01230  commitment 0.02340  nmse 0.08123  perplexity 154.2  "
              "lr 0.0003  612 images/s  2m08s left");
    vq_progress held_out = sample;
    held_out.figure[6] = (vq_figure){"held_out_psnr", 24.91};
    progress_format(line, &held_out, 0);
    assert_non_null(strstr(line, "  perplexity 154.2  held out 24.9 dB  612 images/s"));
    progress_format(line, &held_out, 100);
    assert_non_null(strstr(line, "  perp 154  held 24.9 dB  612/s"));
}

static void test_progress__load(void **state)
{
    (void)state;
    char line[PROGRESS_LINE_MAX];
    vq_progress load = {.event = VQ_EVENT_LOAD, .step = 12000};
    progress_format(line, &load, 60);
    assert_string_equal(line, "looking through the data: 12000");
    load.steps = 100000;
    progress_format(line, &load, 60);
    assert_string_equal(line, "looking through the data: 12000 of 100000 pictures");
    progress_format(line, &load, 30);
    assert_string_equal(line, "looking through the data: 1200");
}

static void test_progress__widths(void **state)
{
    (void)state;
    static const struct {
        int columns;
        const char *line;
    } cases[] = {
        {20, "1200/10000  2m08s"},
        {40, "1200/10000  nmse 0.0812  perp 154  2m08s"},
        {79, "1200/10000  loss 0.123  recon 0.100  nmse 0.0812  perp 154  612/s  "
             "2m08s"},
        {9, "1200/1000"},
        {1, "1"},
    };
    char line[PROGRESS_LINE_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        progress_format(line, &sample, cases[i].columns);
        assert_string_equal(line, cases[i].line);
    }
}

/* At every width: it fits, and a wider line never says less. */
static void test_progress__every_width(void **state)
{
    (void)state;
    vq_progress wild = sample;
    wild.step = wild.steps = INT64_MAX;
    wild.figure[0].value = -1e300;
    wild.figure[1].value = (double)NAN;
    wild.images_per_s = 1e12;
    wild.figure[5].value = (double)INFINITY;
    const vq_progress *const states[] = {&sample, &wild};
    for (int s = 0; s < 2; s++) {
        size_t before = 0;
        for (int columns = 1; columns <= 250; columns++) {
            char line[PROGRESS_LINE_MAX];
            progress_format(line, states[s], columns);
            assert_true(strlen(line) <= (size_t)columns);
            assert_true(strlen(line) >= before);
            before = strlen(line);
        }
    }
}

/* What a progress writes into a memory stream. */
typedef struct capture {
    progress p;
    char *text;
    size_t size;
} capture;

static void capture_open(capture *c, bool live)
{
    *c = (capture){0};
    FILE *stream = open_memstream(&c->text, &c->size);
    assert_non_null(stream);
    c->p = (progress){.stream = stream, .live = live};
}

static void capture_expect(capture *c, const char *want)
{
    fclose(c->p.stream);
    assert_string_equal(c->text, want);
    free(c->text);
}

/* The figures of a VQ-VAE, all of them 0, at step 1. */
static vq_progress empty_progress(int64_t steps)
{
    vq_progress p = {.event = VQ_EVENT_STEP, .step = 1, .steps = steps};
    for (p.n_figures = 0; p.n_figures < sample.n_figures; p.n_figures++)
        p.figure[p.n_figures].name = sample.figure[p.n_figures].name;
    return p;
}

static void test_progress__a_line_per_interval(void **state)
{
    (void)state;
    capture c;
    capture_open(&c, false);
    vq_progress now = empty_progress(2);
    progress_show(&c.p, &now);
    progress_note(&c.p, "a note\x1b");
    now.event = VQ_EVENT_LOG;
    now.figure[0].name = "\x1b[2J"; /* a log may come from anywhere */
    progress_show(&c.p, &now);
    progress_end(&c.p);
    capture_expect(&c,
                   "a note\\x1b\n"
                   "step 1/2  epoch 0.00  \\x1b[2J 0.000  recon 0.000  codebook 0.000  "
                   "commitment 0.000  nmse 0.000  perplexity 0.0  0 images/s  "
                   "0s left\n");
}

#define LINE_1 "1/9  loss 0.00  recon 0.00  commit 0.00  nmse 0.00  perp 0  0/s  0s"
#define LINE_2 "2/9  loss 0.00  recon 0.00  commit 0.00  nmse 0.00  perp 0  0/s  0s"

static void test_progress__redraws_in_place(void **state)
{
    (void)state;
    capture c;
    capture_open(&c, true);
    vq_progress now = empty_progress(9);
    progress_show(&c.p, &now);
    c.p.drawn_at = (double)INFINITY; /* as if drawn a moment ago: the next one waits */
    now.step = 2;
    progress_show(&c.p, &now);
    progress_note(&c.p, "saved");
    progress_end(&c.p);
    progress_end(&c.p); /* nothing to leave any more */
    capture_expect(&c, "\r\033[K" LINE_1 "\r\033[K"
                       "saved\n"
                       "\r\033[K" LINE_2 "\r\033[K" LINE_2 "\n");
}

static void test_progress__pictures(void **state)
{
    (void)state;
    char line[PROGRESS_LINE_MAX];
    const vq_progress now = {.event = VQ_EVENT_STEP,
                             .step = 5120,
                             .steps = 60000,
                             .images_per_s = 123.46,
                             .seconds_left = 445};
    progress_format_pictures(line, "encoding", &now, 0);
    assert_string_equal(line,
                        "encoding: 5120 of 60000 pictures  123.5 images/s  7m25s left");
    progress_format_pictures(line, "encoding", &now, 20);
    assert_string_equal(line, "encoding: 5120 of 60");
}

/* Behind the line, where there is room; the course is that of the whole training. */
static void test_progress__course(void **state)
{
    (void)state;
    char line[PROGRESS_LINE_MAX], bare[PROGRESS_LINE_MAX];
    progress p = {.live = false};
    vq_progress now = sample;
    for (int i = 0; i < 8; i++) {
        now.figure[0].value = 1 << (7 - i);
        progress_remember(&p, &now);
    }
    progress_format(bare, &now, 120);
    assert_int_equal(setenv("LC_ALL", "C.UTF-8", 1), 0);
    progress_draw_line(&p, 120, line);
    assert_true(strncmp(line, bare, strlen(bare)) == 0);
    assert_string_equal(line + strlen(bare), "  \xe2\x96\x88\xe2\x96\x87\xe2\x96\x86"
                                             "\xe2\x96\x85\xe2\x96\x84\xe2\x96\x83"
                                             "\xe2\x96\x82\xe2\x96\x81");
    assert_int_equal(setenv("LC_ALL", "C", 1), 0);
    for (int columns = 1; columns < 200; columns++) {
        progress_draw_line(&p, columns, line);
        assert_true(strlen(line) <= (size_t)columns);
    }
    progress_draw_line(&p, 120, line);
    assert_string_equal(line + strlen(bare), "  #*+=-:._");
    progress_draw_line(&p, (int)strlen(bare), line);
    assert_string_equal(line, bare);
    unsetenv("LC_ALL");
}

const struct CMUnitTest test_progress_suite[] = {
    cmocka_unit_test(test_progress__time),
    cmocka_unit_test(test_progress__no_limit),
    cmocka_unit_test(test_progress__load),
    cmocka_unit_test(test_progress__widths),
    cmocka_unit_test(test_progress__every_width),
    cmocka_unit_test(test_progress__a_line_per_interval),
    cmocka_unit_test(test_progress__redraws_in_place),
    cmocka_unit_test(test_progress__pictures),
    cmocka_unit_test(test_progress__course),
    {0},
};
