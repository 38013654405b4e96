/* SPDX-License-Identifier: MIT */
#include "cli/scores_csv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int scores_csv_keep(const vq_image_scores *s, void *user)
{
    scores_csv *csv = user;
    if (csv->n_plain == csv->room) {
        const int64_t room = csv->room ? 2 * csv->room : 1024;
        const size_t bytes = (size_t)room * sizeof *csv->plain;
        void *grown = realloc(csv->plain, bytes);
        if (!grown) {
            csv->status = vq_fail_memory(&csv->err, bytes);
            return 1;
        }
        csv->plain = grown;
        csv->room = room;
    }
    double *to = csv->plain[csv->n_plain++];
    to[0] = s->mse;
    to[1] = s->psnr;
    to[2] = s->ssim;
    to[3] = s->ssim_luma;
    return 0;
}

/* A text, in quotes where it needs them. */
static void put_text(FILE *to, const char *text)
{
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, to);
        return;
    }
    fputc('"', to);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', to);
        fputc(*text, to);
    }
    fputc('"', to);
}

static void put_figures(FILE *to, double mse, double psnr, double ssim, double luma)
{
    fprintf(to, ",%.9g,%.9g,%.9g,%.9g", mse, psnr, ssim, luma);
}

int scores_csv_row(const vq_image_scores *s, void *user)
{
    scores_csv *csv = user;
    FILE *to = csv->w.stream;
    fprintf(to, "%" PRId64 ",", s->image);
    put_text(to, s->name);
    fprintf(to, ",%d,", s->label);
    put_text(to, s->class_name ? s->class_name : "");
    fprintf(to, ",%d,%d", s->height, s->width);
    put_figures(to, s->mse, s->psnr, s->ssim, s->ssim_luma);
    if (s->image < csv->n_plain) {
        const double *p = csv->plain[s->image];
        put_figures(to, p[0], p[1], p[2], p[3]);
    }
    csv->status = file_writer_put(&csv->w, "\n", 1, &csv->err);
    return csv->status != VQ_OK;
}

vq_status scores_csv_open(scores_csv *csv, const char *path, bool plain, vq_error *err)
{
    vq_status status = file_writer_open(&csv->w, path, err);
    if (status == VQ_OK)
        fprintf(csv->w.stream,
                "image,name,label,class,height,width,mse,psnr,ssim,ssim_luma%s\n",
                plain ? ",plain_mse,plain_psnr,plain_ssim,plain_ssim_luma" : "");
    return status;
}

vq_status scores_csv_verdict(const scores_csv *csv, vq_status status, vq_error *err)
{
    if (csv->status == VQ_OK)
        return status;
    *err = csv->err;
    return csv->status;
}

vq_status scores_csv_commit(scores_csv *csv, vq_error *err)
{
    return file_writer_commit(&csv->w, err);
}

void scores_csv_release(scores_csv *csv)
{
    file_writer_abort(&csv->w);
    free(csv->plain);
    *csv = (scores_csv){.plain = NULL};
}
