/*
 * SPDX-License-Identifier: MIT
 *
 * The run folder's pictures as SVG: curves of a log, and codebook usage.
 * Tested in tests/image/test_plot.c.
 */
#ifndef VQ_IMAGE_PLOT_H
#define VQ_IMAGE_PLOT_H

#include <stdio.h>

#include "image/figures.h"

enum { PLOT_FIGURES_MAX = 3, PLOT_PANELS_MAX = 4, PLOT_RUNS_MAX = 8 };

/* What one chart of a training shows. */
typedef struct plot_panel {
    const char *title, *label;            /* label: of the y axis */
    const char *figure[PLOT_FIGURES_MAX]; /* of log lines; NULL past the last */
    bool log_y;
    bool from_least;        /* the y axis begins near the least value, not at 0 */
    double mark;            /* a level to compare with */
    const char *mark_label; /* NULL: there is none */
} plot_panel;

/* A training among others: its log, and where each line of it lies on the x axis. */
typedef struct plot_run {
    const figures *log; /* borrowed, as is x [n] */
    const double *x;
} plot_run;

/* Has any of the runs a number for any figure of the panel? */
bool plot_has(const plot_panel *p, const plot_run *runs, int n);

/*
 * A panel as an SVG of that width, with the runs over one another: run i, where its x
 * is not NULL, in chart_colour(i), of several figures the later ones dashed. n is at
 * most PLOT_RUNS_MAX.
 */
void plot_runs(FILE *out, const plot_panel *p, const plot_run *runs, int n,
               const char *x_label, int width);

/*
 * Figures against the step, from the lines of a log.jsonl; lines that cannot be read
 * are left out, as are figures that a line does not have, and panels none of whose
 * figures the log has, unless none has any. n is at most PLOT_PANELS_MAX. VQ_EIO,
 * VQ_ENOMEM.
 */
vq_status plot_curves(const char *log_path, const plot_panel *panels, int n,
                      const char *svg_path, vq_error *err);

/* Share of each code, most used first, from counts [books,k]; a chart a book. */
vq_status plot_usage(const double *count, int books, int k, const char *svg_path,
                     vq_error *err);

/* What the title of a book among others begins with: "book 2: "; of one alone "". */
void plot_name_book(char which[32], int number, int books);

/* One book as an SVG of that colour and width, to a stream. VQ_ENOMEM. */
vq_status plot_usage_draw(FILE *out, const double *count, int k, const char *which,
                          int colour, int width, vq_error *err);

#endif
