/*
 * SPDX-License-Identifier: MIT
 *
 * What curves.svg and usage.svg show of a VQ-VAE's training. Tested in
 * tests/train/test_trainer.c.
 */
#ifndef VQ_TRAIN_CHARTS_H
#define VQ_TRAIN_CHARTS_H

#include "image/plot.h"

/* The error, what is held out, and the perplexity below the number of codes; returns
 * how many panels. */
int charts_panels(const vq_config *config, plot_panel panel[PLOT_PANELS_MAX]);

/* Draw the counts [levels * heads, codes] into folder/usage.svg, and forget them. */
vq_status charts_usage(const vq_config *config, double *count, const char *folder,
                       vq_error *err);

#endif
