/*
 * SPDX-License-Identifier: MIT
 *
 * vq_report: read the runs, measure what can be, write the page. Tested in
 * tests/report/test_report.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ending.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/regular.h"
#include "report/measure.h"
#include "report/sections.h"
#include "train/run_folder.h"

#define NAME "report.html"
/* With what every page begins, so that one is known as such. */
#define GENERATOR "name=\"generator\" content=\"vqvae "
#define HEAD 1024

/* ---- where it goes -----------------------------------------------------------------
 */

/* A file by our name that is no report of ours is not replaced. */
static vq_status check_own(const char *path, vq_error *err)
{
    char head[HEAD] = "";
    vq_status status = regular_check(path, err);
    FILE *f = status == VQ_OK ? fd_stream_open(path) : NULL;
    if (!f)
        return status;
    const size_t n = fread(head, 1, sizeof head - 1, f);
    fclose(f);
    if (memmem(head, n, GENERATOR, strlen(GENERATOR)))
        return VQ_OK;
    return vq_fail(err, VQ_EUSAGE,
                   "'%s' is there and no report of vqvae: name another with --output",
                   path);
}

/* Nor is what a run consists of. */
static vq_status check_no_part(const char *path, const report_run *r, vq_error *err)
{
    static const char *const part[] = {RUN_CONFIG, RUN_LOG, RUN_MODEL, RUN_CHECKPOINT};
    char own[VQ_PATH_MAX];
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        if (file_join(own, r->folder, part[i], NULL) == VQ_OK && path_same(path, own))
            return vq_fail(err, VQ_EUSAGE, "'%s' belongs to the run: name another file",
                           path);
    return VQ_OK;
}

static vq_status choose_target(const vq_report_request *request, const report_run *runs,
                               char path[VQ_PATH_MAX], vq_error *err)
{
    static const char *const endings[] = {".html", ".htm", NULL};
    vq_status status;
    if (request->out && strlen(request->out) >= VQ_PATH_MAX)
        return vq_fail(err, VQ_EUSAGE, "path is longer than %d bytes: '%.64s...'",
                       VQ_PATH_MAX - 1, request->out);
    if (request->out) {
        strcpy(path, request->out);
    } else {
        TRY(file_join(path, runs[0].folder, NAME, err));
        TRY(check_own(path, err));
    }
    for (int i = 0; i < request->n_runs; i++)
        TRY(check_no_part(path, &runs[i], err));
    if (request->out && ending_other(path, endings))
        TRY(vq_fail(err, VQ_EUSAGE, "'%s': a report is written as .html", path));
    TRY(file_check_target(path, err));
out:
    return status;
}

/* ---- the page ----------------------------------------------------------------------
 */

static void put_title(page *p, const report_run *runs, int n)
{
    fputs("<header>\n<h1>", p->out);
    if (n == 1)
        page_text(p->out, runs[0].name);
    else
        fprintf(p->out, "%d runs compared", n);
    fputs("</h1>\n<p class=\"soft\">What training left behind, and how good it is</p>\n"
          "</header>\n",
          p->out);
}

static void put_end(page *p, const vq_report_request *request, const report_run *runs,
                    int n)
{
    bool scored = false;
    for (int i = 0; i < n; i++)
        scored = scored || runs[i].measured.scored;
    fputs("<footer>", p->out);
    if (scored)
        fprintf(p->out,
                "Measured on at most %d pictures of the test split, evenly spread over "
                "it; <code>vqvae eval</code> takes all. ",
                request->images);
    fputs("Written by <code>vqvae report</code>, version ", p->out);
    page_text(p->out, vq_version());
    fputs(".</footer>\n", p->out);
}

static vq_status write_page(page *p, const vq_report_request *request,
                            const report_run *runs, const char *path, vq_error *err)
{
    const int n = request->n_runs;
    char title[VQ_PATH_MAX + 16] = "runs compared - vqvae";
    int n_pictures = 0;
    vq_status status;
    for (int i = 0; i < n; i++)
        n_pictures += section_pictures_count(&runs[i]);
    if (n == 1)
        snprintf(title, sizeof title, "%.900s - vqvae", runs[0].name);
    TRY(page_begin(p, title, path, n_pictures, err));
    put_title(p, runs, n);
    section_runs(p, runs, n);
    section_scores(p, runs, n);
    section_curves(p, runs, n);
    TRY(section_usage(p, runs, n, err));
    TRY(section_pictures(p, runs, n, err));
    put_end(p, request, runs, n);
    TRY(page_end(p, err));
    TRY(file_write(path, p->text.text, p->text.size, err));
out:
    return status;
}

/* ---- the call ----------------------------------------------------------------------
 */

/* The work of one run among that of all. */
typedef struct among {
    const vq_report_request *request;
    int run;
} among;

/* A vq_work_fn. */
static int tell(double done, void *user)
{
    const among *a = user;
    const vq_report_request *r = a->request;
    return r->work ? r->work((a->run + done) / r->n_runs, r->user) : 0;
}

static vq_status measure_all(const vq_report_request *request, report_run *runs,
                             const char *path, vq_error *err)
{
    vq_status status = VQ_OK;
    for (int i = 0; i < request->n_runs; i++) {
        among a = {request, i};
        vq_report_request own = *request;
        own.work = tell;
        own.user = &a;
        TRY(report_run_measure(&runs[i], &own, path, err));
    }
out:
    return status;
}

vq_status vq_report(const vq_report_request *request, char out[VQ_PATH_MAX],
                    vq_error *err)
{
    const int n = request->n_runs;
    char path[VQ_PATH_MAX];
    page p = {.n_pictures = 0};
    vq_status status;
    if (n < 1 || n > VQ_REPORT_RUNS_MAX)
        return vq_fail(err, VQ_EUSAGE, "a report is of 1 to %d runs, not of %d",
                       VQ_REPORT_RUNS_MAX, n);
    report_run *runs = calloc((size_t)n, sizeof *runs);
    if (!runs)
        return vq_fail_memory(err, (size_t)n * sizeof *runs);
    for (int i = 0; i < n; i++)
        TRY(report_run_open(&runs[i], request->runs[i], err));
    TRY(choose_target(request, runs, path, err));
    TRY(measure_all(request, runs, path, err));
    TRY(write_page(&p, request, runs, path, err));
    if (out)
        strcpy(out, path);
out:
    page_release(&p);
    for (int i = 0; i < n; i++)
        report_run_close(&runs[i]);
    free(runs);
    return status;
}
