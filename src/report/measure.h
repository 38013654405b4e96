/*
 * SPDX-License-Identifier: MIT
 *
 * What a report measures anew: the scores, the extremes and the atlas of a VQ-VAE over
 * a part of its test split; what a prior draws of each class. Tested in
 * tests/report/test_report.c.
 */
#ifndef VQ_REPORT_MEASURE_H
#define VQ_REPORT_MEASURE_H

#include "report/run.h"

/*
 * Measure as far as can be into r->measured, which says what could not be, and why.
 * `out` is the page; request->work, never NULL here, is told of the share of this run
 * that is done. VQ_ESTOPPED, VQ_ENOMEM.
 */
vq_status report_run_measure(report_run *r, const vq_report_request *request,
                             const char *out, vq_error *err);

#endif
