/*
 * SPDX-License-Identifier: MIT
 *
 * The parts of a report, in the order of the page. Each writes nothing where no run has
 * anything for it. Tested in tests/report/test_report.c.
 */
#ifndef VQ_REPORT_SECTIONS_H
#define VQ_REPORT_SECTIONS_H

#include "report/page.h"
#include "report/run.h"

/* A heading with the run's name, where there are several. */
void section_heading(page *p, const report_run *r, int i, int n);

/* What was trained, on what, and the options (section_runs.c). */
void section_runs(page *p, const report_run *runs, int n);

/* The table (section_scores.c). */
void section_scores(page *p, const report_run *runs, int n);

/* Curves of all runs (section_curves.c). VQ_ENOMEM. */
void section_curves(page *p, const report_run *runs, int n);

/* How often codes are used (section_curves.c). VQ_ENOMEM. */
vq_status section_usage(page *p, const report_run *runs, int n, vq_error *err);

/* Samples, extremes, the atlas, classes (section_pictures.c), of a run that has so many
 * pictures for it. VQ_ENOMEM. */
int section_pictures_count(const report_run *r);
vq_status section_pictures(page *p, const report_run *runs, int n, vq_error *err);

#endif
