/*
 * SPDX-License-Identifier: MIT
 *
 * A run folder as a report shows it: whatever of configuration, log and model can be
 * read, of a VQ-VAE or of a prior, finished or not, of this version or another. Tested
 * in tests/report/test_report.c.
 */
#ifndef VQ_REPORT_RUN_H
#define VQ_REPORT_RUN_H

#include "config/fields.h"
#include "image/figures.h"
#include "report/samples.h"
#include "report/scratch.h"

enum { RUN_SETTINGS_MAX = 96, RUN_CLASSES_MAX = 20, RUN_WHY_MAX = 600 };

/* An option of the run. */
typedef struct run_setting {
    char key[CONFIG_KEY_MAX]; /* as in config.json */
    char text[CONFIG_TEXT_MAX], usual[CONFIG_TEXT_MAX];
    bool known;   /* to this version: else there is no usual value */
    bool differs; /* from the preset's, in what decides the result */
} run_setting;

/* What was measured, or drawn, with the model; what could not be has a reason. */
typedef struct run_measured {
    bool scored;
    vq_scores scores, plain; /* plain: of the nearest codes, not refined */
    double *count;           /* [books, k] uses of each code; owned; NULL: unknown */
    int books, k;
    scratch worst, best, atlas;
    scratch class[RUN_CLASSES_MAX]; /* of a prior */
    char class_name[RUN_CLASSES_MAX][64];
    int n_classes;
    char why_not[RUN_WHY_MAX]; /* empty: all was */
} run_measured;

typedef struct report_run {
    char folder[VQ_PATH_MAX]; /* as it was named, */
    char name[VQ_PATH_MAX];   /* and what it is really called, without those above it */
    bool is_prior, training;  /* training: at this moment */
    figures log;
    double *minutes; /* [log.n > 0] of training until each line; owned; NULL: unknown */
    bool has_config;
    vq_prior_config config; /* its .training alone where it is a VQ-VAE's */
    run_setting *setting;   /* owned */
    int n_settings;
    vq_model *model; /* of a VQ-VAE's run; NULL: none */
    vq_prior *prior; /* of a prior's run */
    char no_model[RUN_WHY_MAX];
    samples samples;
    run_measured measured;
} report_run;

/*
 * Read a run folder, or "latest". VQ_EIO: there is none, or it cannot be read;
 * VQ_EINPUT: it is no run, or has no log. Close it in any case.
 */
vq_status report_run_open(report_run *r, const char *name, vq_error *err);
void report_run_close(report_run *r); /* legal on a zeroed one */

#endif
