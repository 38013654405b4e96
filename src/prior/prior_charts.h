/*
 * SPDX-License-Identifier: MIT
 *
 * What curves.svg shows of the training of a prior. Tested in
 * tests/report/test_report.c.
 */
#ifndef VQ_PRIOR_PRIOR_CHARTS_H
#define VQ_PRIOR_PRIOR_CHARTS_H

#include "image/plot.h"

/* What a code costs, below that of K codes all alike, and how many are foreseen;
 * returns how many panels. */
int prior_panels(int k, plot_panel panel[PLOT_PANELS_MAX]);

#endif
