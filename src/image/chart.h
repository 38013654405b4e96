/*
 * SPDX-License-Identifier: MIT
 *
 * Charts as SVG: lines or bars over axes with names and round numbers, one chart below
 * the other on a page. Colours are attributes, which a page that holds the SVG may
 * overrule with its style. Tested in tests/image/test_chart.c.
 */
#ifndef VQ_IMAGE_CHART_H
#define VQ_IMAGE_CHART_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Points in the order of x; what is no number, or not positive on a logarithmic axis,
 * is left out. Of points that fall on one pixel's column the lowest and the highest are
 * drawn, so that a line has a few thousand points at most.
 */
typedef struct chart_line {
    const char *name; /* in the legend; NULL: none */
    const double *x, *y;
    int n;
    int colour; /* of the chart's own, from 0 on; they come round again */
    int dashes; /* 0: none; 1: long ones; 2: short ones */
} chart_line;

typedef struct chart {
    const char *title, *x_label, *y_label; /* plain words: no '<' or '&' */
    bool log_y;                            /* said beside the axis */
    bool from_least; /* the y axis begins near the least value, not at 0 */
    bool bars; /* the first line's points, each 1 wide; of many, means of neighbours */
    double mark;            /* a level to compare with, drawn dashed */
    const char *mark_label; /* NULL: there is none */
    const chart_line *line;
    int n_lines;
    int width; /* pixels; 0: CHART_WIDTH */
} chart;

enum { CHART_COLOURS = 8, CHART_WIDTH = 720, CHART_HEIGHT = 280 };

/* The i-th colour, as SVG and CSS write it; they come round again. */
const char *chart_colour(int i);

/* A page of that many charts, then each chart in its place, then the end. */
void chart_page_begin(FILE *out, int width, int charts);
void chart_draw(FILE *out, const chart *c, int place);
void chart_page_end(FILE *out);

#endif
