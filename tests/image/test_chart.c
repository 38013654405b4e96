/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/chart.h"
#include "image/drawing.h"

/* All that is drawn of the second chart of a page, once in full: axes with round
 * numbers and room for a mark beyond every value, two lines with their names from the
 * right, a gap. */
static void test_chart__whole(void **state)
{
    (void)state;
    static const double x[] = {0, 50, 100}, y[] = {3, 5, 4},
                        gap[] = {1, (double)NAN, 2};
    const chart_line line[2] = {
        {.name = "a", .x = x, .y = y, .n = 3},
        {.name = "bcd", .x = x, .y = gap, .n = 3, .colour = 9, .dashes = 2}};
    const chart c = {.title = "T",
                     .x_label = "step",
                     .y_label = "y",
                     .mark = 6,
                     .mark_label = "all",
                     .line = line,
                     .n_lines = 2};
    static const char want[] =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 560\" "
        "width=\"720\" height=\"560\" font-family=\"sans-serif\" font-size=\"12\">\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        "<text x=\"70\" y=\"300\" font-weight=\"bold\">T</text>\n"
        "<text x=\"70\" y=\"316\" fill=\"#666\">y</text>\n"
        "<line x1=\"70\" x2=\"690\" y1=\"514.00\" y2=\"514.00\" stroke=\"#ddd\"/>\n"
        "<text x=\"64\" y=\"518.00\" text-anchor=\"end\">0</text>\n"
        "<line x1=\"70\" x2=\"690\" y1=\"453.68\" y2=\"453.68\" stroke=\"#ddd\"/>\n"
        "<text x=\"64\" y=\"457.68\" text-anchor=\"end\">2</text>\n"
        "<line x1=\"70\" x2=\"690\" y1=\"393.37\" y2=\"393.37\" stroke=\"#ddd\"/>\n"
        "<text x=\"64\" y=\"397.37\" text-anchor=\"end\">4</text>\n"
        "<line x1=\"70\" x2=\"690\" y1=\"333.05\" y2=\"333.05\" stroke=\"#ddd\"/>\n"
        "<text x=\"64\" y=\"337.05\" text-anchor=\"end\">6</text>\n"
        "<text x=\"70.00\" y=\"530\" text-anchor=\"middle\">0</text>\n"
        "<text x=\"194.00\" y=\"530\" text-anchor=\"middle\">20</text>\n"
        "<text x=\"318.00\" y=\"530\" text-anchor=\"middle\">40</text>\n"
        "<text x=\"442.00\" y=\"530\" text-anchor=\"middle\">60</text>\n"
        "<text x=\"566.00\" y=\"530\" text-anchor=\"middle\">80</text>\n"
        "<text x=\"690.00\" y=\"530\" text-anchor=\"middle\">100</text>\n"
        "<text x=\"690\" y=\"548\" text-anchor=\"end\" fill=\"#666\">step</text>\n"
        "<line x1=\"70\" x2=\"690\" y1=\"333.05\" y2=\"333.05\" stroke=\"#888\" "
        "stroke-dasharray=\"5 4\"/>\n"
        "<text x=\"690\" y=\"328.05\" text-anchor=\"end\" fill=\"#888\">all</text>\n"
        "<polyline fill=\"none\" stroke=\"#1f6fb4\" stroke-width=\"1.5\" "
        "points=\"70.00,423.52 380.00,363.21 690.00,393.37 \"/>\n"
        "<polyline fill=\"none\" stroke=\"#c1440e\" stroke-width=\"1.5\" "
        "stroke-dasharray=\"2 3\" points=\"70.00,483.84 690.00,453.68 \"/>\n"
        "<text x=\"690\" y=\"300\" text-anchor=\"end\" fill=\"#c1440e\">bcd</text>\n"
        "<text x=\"655\" y=\"300\" text-anchor=\"end\" fill=\"#1f6fb4\">a</text>\n"
        "</svg>\n";
    char *svg = drawing_of(&c, 1);
    assert_string_equal(svg, want);
    free(svg);
}

/* Ticks are round whatever the range, and axes have their names. */
static void test_chart__linear(void **state)
{
    (void)state;
    static const double x[] = {0, 700, 1400}, y[] = {1, 33, 77};
    const chart_line line = {.name = "first", .x = x, .y = y, .n = 3};
    const chart c = {.title = "T",
                     .x_label = "step",
                     .y_label = "things",
                     .line = &line,
                     .n_lines = 1};
    static const char *const parts[] = {
        ">T</text>",       ">step</text>", ">things</text>", ">first</text>",
        ">20</text>",      ">80</text>",   ">500</text>",    ">1000</text>",
        "points=\"70.00,", "380.00,",      "690.00,",
    };
    assert_draws(&c, parts, sizeof parts / sizeof *parts);
    assert_lacks(&c, ">100</text>"); /* beyond the data */
    assert_lacks(&c, "logarithmic");
    assert_lacks(&c, "dasharray");
}

/* The middle of a logarithmic axis is the geometric mean, and it is said to be one. */
static void test_chart__logarithmic(void **state)
{
    (void)state;
    static const double x[] = {10, 20, 30}, y[] = {1, .1, .01};
    const chart_line line = {.x = x, .y = y, .n = 3};
    const chart c = {.title = "T",
                     .x_label = "step",
                     .y_label = "error",
                     .log_y = true,
                     .line = &line,
                     .n_lines = 1};
    static const char *const parts[] = {
        ">error, logarithmic</text>",
        ">0.01</text>",
        ">0.05</text>",
        ">0.2</text>",
        ">1</text>",
        "points=\"276.67,44.00 483.33,139.00 690.00,234.00 \"",
    };
    assert_draws(&c, parts, sizeof parts / sizeof *parts);

    static const double close[] = {.13, .12, .11};
    const chart_line near = {.x = x, .y = close, .n = 3};
    chart narrow = c;
    narrow.line = &near;
    static const char *const few[] = {">0.11</text>", ">0.12</text>", ">0.125</text>",
                                      "logarithmic"};
    assert_draws(&narrow, few, 4);
}

/* What cannot be placed is left out; an empty chart still has axes. */
static void test_chart__odd_values(void **state)
{
    (void)state;
    static const double x[] = {1, 2, 3, 4},
                        y[] = {(double)NAN, -1, 0, (double)INFINITY};
    const chart_line line = {.x = x, .y = y, .n = 4}, none = {.x = x, .y = y, .n = 0};
    for (int log_y = 0; log_y < 2; log_y++)
        for (int empty = 0; empty < 2; empty++) {
            const chart c = {.title = "T",
                             .x_label = "x",
                             .y_label = "y",
                             .log_y = log_y,
                             .line = empty ? &none : &line,
                             .n_lines = 1};
            static const char *const parts[] = {"</svg>", "stroke=\"#ddd\""};
            assert_draws(&c, parts, 2);
        }
}

/* An axis from the least value on, with room; a point alone is a dot. */
static void test_chart__from_least(void **state)
{
    (void)state;
    static const double x[] = {0, 100, 200}, y[] = {24, (double)NAN, 26};
    const chart_line line = {.x = x, .y = y, .n = 3};
    const chart_line dot = {.x = x + 2, .y = y + 2, .n = 1};
    chart c = {.title = "T",
               .x_label = "step",
               .y_label = "dB",
               .from_least = true,
               .line = &line,
               .n_lines = 1};
    static const char *const parts[] = {">24</text>", ">25</text>", ">26</text>",
                                        "points=\"70.00,218.17 690.00,59.83 \""};
    assert_draws(&c, parts, sizeof parts / sizeof *parts);
    assert_lacks(&c, ">0.5</text>");
    assert_lacks(&c, "<circle");
    c.line = &dot;
    static const char *const one[] = {"<circle cx=\"690.00\" cy=\"139.00\"",
                                      ">25</text>", ">27</text>"};
    assert_draws(&c, one, 3); /* room of a twentieth to either side */
    assert_lacks(&c, ">24</text>");
    static const double near[] = {1, 1, 1.0000015}, nearer[] = {1, 1, 1.0000005};
    const chart_line apart = {.x = x, .y = near, .n = 3},
                     alike = {.x = x, .y = nearer, .n = 3};
    c.line = &apart;
    assert_draws(&c, (const char *const[]){"70.00,218.17 ", "690.00,59.83 "}, 2);
    c.line = &alike;
    assert_draws(&c, (const char *const[]){"70.00,139.00 ", "690.00,139.00 "}, 2);
    const chart_line none = {.x = x, .y = y + 1, .n = 1};
    c.line = &none; /* nothing to be near to: from 0 on */
    assert_draws(&c, (const char *const[]){">0</text>"}, 1);
    static const double zero[] = {0, 0, 0};
    const chart_line flat = {.x = x, .y = zero, .n = 3};
    c.line = &flat;
    assert_draws(&c, (const char *const[]){">0</text>"}, 1);
    assert_lacks(&c, ">-0<");
}

/* Numbers that leave no room for ticks, or overflow an axis: it is drawn, and ends. */
static void test_chart__extremes(void **state)
{
    (void)state;
    static const double values[][3] = {{10, 10.000000000000002, 10},
                                       {1e17, 100000000000000016.0, 1e17},
                                       {1, 1e-320, 5e-324},
                                       {1e308, -1e308, 0},
                                       {-5, -5, -5},
                                       {0, 0, 0}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        for (int way = 0; way < 3; way++) {
            const double x[] = {1, 2, 3};
            const chart_line line = {.x = x, .y = values[i], .n = 3};
            const chart c = {.title = "t",
                             .x_label = "x",
                             .y_label = "y",
                             .log_y = way == 1,
                             .from_least = way == 2,
                             .line = &line,
                             .n_lines = 1};
            assert_draws(&c, (const char *[]){"</svg>"}, 1);
        }
}

/* Steps are 1, 2 or 5 times a power of ten, and a number stands beside its line. */
static void test_chart__steps(void **state)
{
    (void)state;
    static const struct {
        double high;
        const char *ticks[3], *none;
    } cases[] = {{4.5, {">1</text>", ">2</text>", ">4</text>"}, ">0.5</text>"},
                 {9, {">2</text>", ">4</text>", ">8</text>"}, ">1</text>"},
                 {20, {">5</text>", ">10</text>", ">20</text>"}, ">2</text>"},
                 {35, {">10</text>", ">20</text>", ">30</text>"}, ">5</text>"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static const double x[] = {0, 1000};
        const double y[] = {0, cases[i].high};
        const chart_line line = {.x = x, .y = y, .n = 2};
        const chart c = {
            .title = "T", .x_label = "x", .y_label = "y", .line = &line, .n_lines = 1};
        assert_draws(&c, cases[i].ticks, 3);
        assert_lacks(&c, cases[i].none);
        assert_draws(&c, (const char *const[]){"y=\"238.00\" text-anchor=\"end\">0<"},
                     1);
    }
}

/* A logarithmic axis has ticks at 1, 2 and 5 from two octaves on; below, where those
 * are too few, round steps. One value alone has an axis from its half on. */
static void test_chart__ticks_of_a_logarithm(void **state)
{
    (void)state;
    static const double x[] = {1, 2}, octaves[] = {1, 4}, fewer[] = {1, 3.9};
    chart_line line = {.x = x, .y = octaves, .n = 2};
    const chart c = {.title = "T",
                     .x_label = "x",
                     .y_label = "y",
                     .log_y = true,
                     .line = &line,
                     .n_lines = 1};
    assert_draws(
        &c, (const char *const[]){"y=\"238.00\" text-anchor=\"end\">1<", ">2<"}, 2);
    assert_lacks(&c, ">3<");
    line.y = fewer;
    assert_draws(&c, (const char *const[]){"text-anchor=\"end\">3<"}, 1);
    line.y = octaves + 1;
    line.n = 1;
    assert_draws(&c,
                 (const char *const[]){"cy=\"44.00\"", "y=\"238.00\" "
                                                       "text-anchor=\"end\">2<"},
                 2);
}

const struct CMUnitTest test_chart_suite[] = {
    cmocka_unit_test(test_chart__whole),
    cmocka_unit_test(test_chart__extremes),
    cmocka_unit_test(test_chart__ticks_of_a_logarithm),
    cmocka_unit_test(test_chart__steps),
    cmocka_unit_test(test_chart__from_least),
    cmocka_unit_test(test_chart__linear),
    cmocka_unit_test(test_chart__logarithmic),
    cmocka_unit_test(test_chart__odd_values),
    {0},
};
