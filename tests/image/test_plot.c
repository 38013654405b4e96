/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "image/figures.h"
#include "image/plot.h"

static const plot_panel panels[2] = {
    {.title = "Error", .label = "nmse", .figure = {"nmse"}, .log_y = true},
    {.title = "Usage",
     .label = "codes",
     .figure = {"perplexity", "validation"},
     .mark = 25,
     .mark_label = "all"},
};

static char *plot(const char *log)
{
    const char *in = in_folder("log.jsonl"), *out = in_folder("curves.svg");
    unsigned char *svg;
    size_t size;
    vq_error err;
    assert_ok(file_write(in, log, strlen(log), &err), &err);
    assert_ok(plot_curves(in, panels, 2, out, &err), &err);
    assert_ok(file_read(out, 1 << 20, &svg, &size, &err), &err);
    svg = realloc(svg, size + 1);
    svg[size] = '\0';
    return (char *)svg;
}

static void assert_has(const char *svg, const char *part)
{
    if (!strstr(svg, part))
        fail_msg("no '%s' in: %s", part, svg);
}

static void test_plot__curves(void **state)
{
    (void)state;
    char *svg = plot("{\"step\": 10, \"nmse\": 1.0, \"perplexity\": 5}\n"
                     "{\"step\": 20, \"nmse\": 0.1, \"perplexity\": 10}\n"
                     "{\"step\": 20, \"note\": \"half\"}\n"
                     "{\"step\": 30, \"nmse\": 0.01, \"perplexity\": 20, "
                     "\"validation\": 21}\n");
    /* each figure in its panel, where a line has it; the last step ends the axis */
    assert_has(svg, "points=\"276.67,44.00 483.33,139.00 690.00,234.00 \"");
    assert_has(svg, "points=\"276.67,477.81 483.33,441.62 690.00,369.24 \"");
    assert_has(svg, "points=\"690.00,362.00 \"");
    assert_has(svg, ">validation</text>");
    assert_has(svg, ">perplexity</text>");
    assert_null(strstr(svg, ">nmse</text>")); /* one line alone needs no name */
    assert_has(svg, ">all</text>");
    assert_has(svg, "</svg>");
    free(svg);
}

/* A log with nothing to show, or with broken lines, still gives a picture. */
static void test_plot__odd_logs(void **state)
{
    (void)state;
    static const char *const logs[] = {
        "",
        "not json\n",
        "{\"step\": 1, \"nmse\": 0.5, \"perplexity\": 1}",
        "{\"step\": 1, \"nmse\": -1, \"perplexity\": 1}\n{\"step\": 2}\n[]\n",
    };
    for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++) {
        char *svg = plot(logs[i]);
        assert_has(svg, "</svg>");
        /* where there is nothing to show, every panel is there to say so */
        assert_has(svg, ">Error</text>");
        assert_has(svg, ">Usage</text>");
        assert_has(svg, " height=\"560\"");
        assert_null(strstr(svg, "nan"));
        assert_null(strstr(svg, "inf"));
        free(svg);
    }
}

/* One book's picture, for a page: of one chart's height. */
static void test_plot__usage_draw(void **state)
{
    (void)state;
    static const double count[4] = {0, 30, 10, 0};
    char *svg;
    size_t size;
    vq_error err;
    FILE *out = open_memstream(&svg, &size);
    assert_non_null(out);
    assert_ok(plot_usage_draw(out, count, 4, "", 0, 500, &err), &err);
    assert_int_equal(fclose(out), 0);
    assert_has(svg, "viewBox=\"0 0 500 280\"");
    assert_has(svg, ">2 of 4 codes used</text>");
    free(svg);
}

static void test_plot__usage(void **state)
{
    (void)state;
    const char *out = in_folder("usage.svg");
    unsigned char *svg;
    size_t size;
    vq_error err;
    const double count[8] = {0, 30, 10, 0, 1, 1, 1, 1};
    assert_ok(plot_usage(count, 2, 4, out, &err), &err);
    assert_ok(file_read(out, 1 << 20, &svg, &size, &err), &err);
    svg = realloc(svg, size + 1);
    svg[size] = '\0';
    /* 75 percent of the first book, a quarter each of the second */
    assert_has((char *)svg, ">book 1: 2 of 4 codes used</text>");
    assert_has((char *)svg, "d=\"M70.00,234.00 V53.05 H225.00 V");
    assert_has((char *)svg, ">book 2: 4 of 4 codes used</text>");
    assert_has((char *)svg, "V333.05 H690.00 V514.00 Z\"");
    free(svg);
    const double unused[3] = {0};
    assert_ok(plot_usage(unused, 1, 3, out, &err), &err);
    assert_ok(file_read(out, 1 << 20, &svg, &size, &err), &err);
    svg = realloc(svg, size + 1);
    svg[size] = '\0';
    assert_has((char *)svg, ">0 of 3 codes used</text>"); /* of the one book there is */
    assert_has((char *)svg, " V234.00 H690.00 V234.00 Z\"");
    free(svg);
}

/* As many figures as a panel has places for. */
static void test_plot__full_panel(void **state)
{
    (void)state;
    static const char log[] = "{\"step\": 1, \"a\": 1, \"b\": 2, \"c\": 3}\n"
                              "{\"step\": 2, \"a\": 2, \"b\": 3, \"c\": 4}\n";
    static const plot_panel full[] = {
        {.title = "None", .label = "none", .figure = {"d", "e", "f"}},
        {.title = "Three", .label = "all", .figure = {"a", "b", "c"}}};
    unsigned char *svg;
    size_t size;
    vq_error err;
    const char *in = in_folder("log.jsonl"), *out = in_folder("curves.svg");
    assert_ok(file_write(in, log, strlen(log), &err), &err);
    assert_ok(plot_curves(in, full, 2, out, &err), &err);
    assert_ok(file_read(out, 1 << 20, &svg, &size, &err), &err);
    svg = realloc(svg, size + 1);
    svg[size] = '\0';
    for (int i = 0; i < 3; i++)
        assert_has((char *)svg,
                   (const char *const[]){">a</text>", ">b</text>", ">c</text>"}[i]);
    assert_null(strstr((char *)svg, ">None</text>"));
    free(svg);
}

/* Runs over one another, one of them without an x. */
static void test_plot__runs(void **state)
{
    (void)state;
    static const char log[] = "{\"step\": 1, \"a\": 1, \"b\": 2, \"c\": 3}\n"
                              "{\"step\": 2, \"a\": 2, \"b\": 3, \"c\": 4}\n";
    static const plot_panel full = {
        .title = "Three", .label = "all", .figure = {"a", "b", "c"}};
    static const plot_panel none = {.figure = {"d", "e", "f"}};
    figures f;
    vq_error err;
    char *svg = NULL;
    size_t size;
    const char *in = in_folder("log.jsonl");
    assert_ok(file_write(in, log, strlen(log), &err), &err);
    assert_ok(figures_read(&f, in, &err), &err);
    const plot_run runs[2] = {{&f, f.step}, {&f, NULL}};
    assert_true(plot_has(&full, runs, 2));
    assert_false(plot_has(&none, runs, 2));
    FILE *out = open_memstream(&svg, &size);
    assert_non_null(out);
    plot_runs(out, &full, runs, 2, "minutes", 400);
    assert_int_equal(fclose(out), 0);
    assert_has(svg, " y=\"20\" font-weight=\"bold\">Three</text>"); /* at the top */
    assert_has(svg, ">minutes</text>");
    assert_has(svg, "stroke-dasharray");
    int lines = 0;
    for (const char *at = svg; (at = strstr(at, "<polyline")); at++)
        lines++;
    assert_int_equal(lines, 3);
    free(svg);
    figures_release(&f);
}

const struct CMUnitTest test_plot_suite[] = {
    folder_test(test_plot__curves),
    folder_test(test_plot__odd_logs),
    cmocka_unit_test(test_plot__usage_draw),
    folder_test(test_plot__usage),
    folder_test(test_plot__full_panel),
    folder_test(test_plot__runs),
    {0},
};
