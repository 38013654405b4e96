/*
 * SPDX-License-Identifier: MIT
 *
 * The run folder's pictures as SVG: loss curves and codebook usage.
 * Tested in tests/image/test_plot.c.
 */
#ifndef VQ_IMAGE_PLOT_H
#define VQ_IMAGE_PLOT_H

#include "base/status.h"

/* NMSE (log scale) and perplexity against the step, from the lines of a log.jsonl. */
vq_status plot_curves(const char *log_path, const char *svg_path, vq_error *err);

/* Share of each code, most used first, from counts [k]. */
vq_status plot_usage(const double *count, int k, const char *svg_path, vq_error *err);

#endif
