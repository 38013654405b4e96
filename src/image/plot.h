/*
 * SPDX-License-Identifier: MIT
 *
 * The run folder's pictures as SVG: curves of a log, and codebook usage.
 * Tested in tests/image/test_plot.c.
 */
#ifndef VQ_IMAGE_PLOT_H
#define VQ_IMAGE_PLOT_H

#include "base/status.h"

enum { PLOT_FIGURES_MAX = 3, PLOT_PANELS_MAX = 4 };

/* What one chart of a training shows. */
typedef struct plot_panel {
    const char *title, *label;            /* label: of the y axis */
    const char *figure[PLOT_FIGURES_MAX]; /* of log lines; NULL past the last */
    bool log_y;
    double mark;            /* a level to compare with */
    const char *mark_label; /* NULL: there is none */
} plot_panel;

/*
 * Figures against the step, from the lines of a log.jsonl; lines that cannot be read
 * are left out, as are figures that a line does not have. n is at most PLOT_PANELS_MAX.
 * VQ_EIO, VQ_ENOMEM.
 */
vq_status plot_curves(const char *log_path, const plot_panel *panels, int n,
                      const char *svg_path, vq_error *err);

/* Share of each code, most used first, from counts [books,k]; a chart a book. */
vq_status plot_usage(const double *count, int books, int k, const char *svg_path,
                     vq_error *err);

#endif
