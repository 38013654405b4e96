/*
 * SPDX-License-Identifier: MIT
 *
 * What a chart makes of many points, or of bars; its axes are in test_chart.c.
 */
#include "faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/program.h"
#include "image/drawing.h"

static void test_chart_points__bars(void **state)
{
    (void)state;
    static const double x[] = {0, 1, 2, 3}, y[] = {40, 30, 20, 10};
    const chart_line line = {.x = x, .y = y, .n = 4};
    const chart c = {.title = "T",
                     .x_label = "x",
                     .y_label = "y",
                     .bars = true,
                     .line = &line,
                     .n_lines = 1};
    static const char *const parts[] = {"d=\"M70.00,234.00 V", " H225.00 V",
                                        " H690.00 V234.00 Z"};
    assert_draws(&c, parts, 3);
    assert_lacks(&c, "polyline");
}

/* Of more bars than pairs of pixels, neighbours are one bar of their mean. */
static void test_chart_points__many_bars(void **state)
{
    (void)state;
    enum { N = 70 * 3 + 1 };
    static double x[N], y[N];
    for (int i = 0; i < N; i++) {
        x[i] = i;
        y[i] = i == N - 1 ? 0 : i % 3 * 10;
    }
    const chart_line line = {.x = x, .y = y, .n = N};
    const chart c = {.title = "T",
                     .x_label = "x",
                     .y_label = "y",
                     .bars = true,
                     .line = &line,
                     .n_lines = 1,
                     .width = 70 + 142 + 30};
    char *svg = drawing_of(&c, 0), *at = strstr(svg, "<path");
    assert_non_null(at);
    int bars = 0;
    for (; (at = strstr(at, " V143.52 H")); at++) /* 10 of an axis to 21 */
        bars++;
    assert_int_equal(bars, 70);
    assert_contains(svg, " V143.52 H211.33 V234.00 H212.00 V234.00 Z\"");
    free(svg);
}

/* A point too far away for its place to be a number is none. */
static void test_chart_points__far_away(void **state)
{
    (void)state;
    static const double x[] = {0, 1e301, 100}, y[] = {1, 1, 2};
    const chart_line line = {.x = x, .y = y, .n = 3};
    const chart c = {
        .title = "T", .x_label = "x", .y_label = "y", .line = &line, .n_lines = 1};
    assert_draws(&c, (const char *const[]){">100</text>", ">2</text>"}, 2);
}

/* Of many points in one column the first, the least and the largest are drawn, in the
 * order in which they came. */
static void test_chart_points__crowded(void **state)
{
    (void)state;
    enum { N = 700 * 8 };
    static double x[N], y[N];
    static const double values[8] = {10, 12, 11, 20, 15, 2, 18, 9};
    for (int i = 0; i < N; i++) {
        x[i] = i;
        y[i] = values[i % 8];
    }
    const chart_line line = {.x = x, .y = y, .n = N};
    const chart c = {
        .title = "T", .x_label = "x", .y_label = "y", .line = &line, .n_lines = 1};
    char *svg = drawing_of(&c, 0);
    assert_contains(svg, "points=\"");
    size_t place = (size_t)(strstr(svg, "points=\"") - svg) + 8;
    int n = 0;
    double at, level, least = 1e9, largest = 0, before = -1;
    for (; sscanf(svg + place, "%lf,%lf", &at, &level) == 2; n++) {
        assert_true(at >= before); /* never back */
        before = at;
        least = level < least ? level : least;
        largest = level > largest ? level : largest;
        place += strcspn(svg + place, " ") + 1;
    }
    assert_in_range(n, 700, 3 * 700);
    /* 2 and 20 of an axis from 0 to 21 */
    const double span = (largest - least) / 18;
    assert_true(span > 8 && span < 10);
    free(svg);
}

/* Of the points in one column of pixels the lowest and the highest, as they came. */
static void test_chart_points__one_column(void **state)
{
    (void)state;
    static const double x[] = {0, .1, .2, .3, 1000};
    static const struct {
        double y[5];
        const char *points;
    } cases[] = {
        {{5, 9, 2, 7, 10}, "70.06,71.14 70.12,197.81 690"},
        {{5, 2, 9, 1, 10}, "70.12,71.14 70.19,215.90 690"},
        {{9, 2, 1, 3, 10}, "70.00,71.14 70.12,215.90 690"},
        {{2, 9, 9, 2, 10}, "70.00,197.81 70.06,71.14 690"},
        {{2, 2, 2, 2, 10}, "70.00,197.81 690"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char want[80];
        const chart_line line = {.x = x, .y = cases[i].y, .n = 5};
        const chart c = {
            .title = "T", .x_label = "x", .y_label = "y", .line = &line, .n_lines = 1};
        snprintf(want, sizeof want, "points=\"%s.00,53.05 \"", cases[i].points);
        assert_draws(&c, (const char *const[]){want}, 1);
    }
}

const struct CMUnitTest test_chart_points_suite[] = {
    cmocka_unit_test(test_chart_points__bars),
    cmocka_unit_test(test_chart_points__many_bars),
    cmocka_unit_test(test_chart_points__far_away),
    cmocka_unit_test(test_chart_points__crowded),
    cmocka_unit_test(test_chart_points__one_column),
    {0},
};
