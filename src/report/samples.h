/*
 * SPDX-License-Identifier: MIT
 *
 * Which of a run's sample pictures a report shows. Tested in
 * tests/report/test_report.c.
 */
#ifndef VQ_REPORT_SAMPLES_H
#define VQ_REPORT_SAMPLES_H

#include <stdint.h>

#include "base/status.h"

/* The first sample of a training, one of its middle, the last. */
enum { SAMPLES_SHOWN = 3 };

typedef struct samples {
    int64_t step[SAMPLES_SHOWN]; /* rising */
    int n;
} samples;

/* Of a run folder, which may have none. VQ_EIO: what there is cannot be listed;
 * VQ_ENOMEM. */
vq_status samples_find(samples *s, const char *folder, vq_error *err);

/* The picture of s->step[i] in that folder. VQ_EUSAGE: its path is too long. */
vq_status samples_path(const samples *s, int i, const char *folder,
                       char path[VQ_PATH_MAX], vq_error *err);

#endif
