/*
 * SPDX-License-Identifier: MIT
 *
 * The scores of every image as a CSV file: a header line, then a row an image; fields
 * are quoted as RFC 4180 says, lines end in a newline alone, an infinite PSNR is inf.
 * Tested in tests/cli/test_cmd_eval.c.
 */
#ifndef VQ_CLI_SCORES_CSV_H
#define VQ_CLI_SCORES_CSV_H

#include "base/file.h"

typedef struct scores_csv {
    file_writer w;
    double (*plain)[4]; /* [n_plain] kept for the rows; owned */
    int64_t n_plain, room;
    vq_status status; /* what went wrong in a call for an image */
    vq_error err;
} scores_csv;

/* vq_image_scores_fn, whose user is a scores_csv: keep the scores of the nearest codes,
 * and then write a row, with what was kept of the image beside its scores. */
int scores_csv_keep(const vq_image_scores *scores, void *csv);
int scores_csv_row(const vq_image_scores *scores, void *csv);

/* The file and its header; the scores of the nearest codes get columns if `plain`. */
vq_status scores_csv_open(scores_csv *csv, const char *path, bool plain, vq_error *err);

/* What an evaluation gave, or where a call of it failed, why that did. */
vq_status scores_csv_verdict(const scores_csv *csv, vq_status status, vq_error *err);

/* The file is whole. VQ_EIO. */
vq_status scores_csv_commit(scores_csv *csv, vq_error *err);

void scores_csv_release(scores_csv *csv); /* legal on a zeroed one */

#endif
