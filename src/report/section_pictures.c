/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>

#include "report/sections.h"

int section_pictures_count(const report_run *r)
{
    const run_measured *m = &r->measured;
    return r->samples.n + 3 * m->scored + m->n_classes; /* worst, best, atlas */
}

/* A picture that cannot be shown leaves a line that says why. */
static vq_status put_figure(page *p, const char *path, const char *alt,
                            const char *caption, vq_error *err)
{
    vq_error why = {""};
    fputs("<figure>\n", p->out);
    const vq_status status = page_picture(p, path, alt, &why);
    if (status == VQ_ENOMEM)
        return vq_fail(err, status, "%s", why.message);
    fputs("<figcaption>", p->out);
    page_text(p->out, caption);
    if (status != VQ_OK) {
        fputs(": ", p->out);
        page_text(p->out, why.message);
    }
    fputs("</figcaption>\n</figure>\n", p->out);
    return VQ_OK;
}

static vq_status put_samples(page *p, const report_run *r, vq_error *err)
{
    vq_status status = VQ_OK;
    for (int i = 0; i < r->samples.n; i++) {
        char path[VQ_PATH_MAX], caption[64] = "Before the first step";
        if (r->samples.step[i] > 0)
            snprintf(caption, sizeof caption, "After %" PRId64 " steps",
                     r->samples.step[i]);
        TRY(samples_path(&r->samples, i, r->folder, path, err));
        TRY(put_figure(p, path,
                       r->is_prior ? "Pictures drawn from the prior"
                                   : "Originals above their reconstructions",
                       caption, err));
    }
out:
    return status;
}

/* ---- what was measured -------------------------------------------------------------
 */

static vq_status put_extremes(page *p, const report_run *r, vq_error *err)
{
    const run_measured *m = &r->measured;
    vq_status status;
    TRY(put_figure(p, m->worst.path, "The worst reconstructions below their originals",
                   "Worst: the test pictures of the lowest PSNR, each above its "
                   "reconstruction",
                   err));
    TRY(put_figure(p, m->best.path, "The best reconstructions below their originals",
                   "Best: those of the highest PSNR", err));
out:
    return status;
}

static vq_status put_atlas(page *p, const report_run *r, vq_error *err)
{
    return put_figure(p, r->measured.atlas.path, "What each code decodes to",
                      "What each code decodes to, alone: the most used first; after a "
                      "gap those that no test picture uses",
                      err);
}

static vq_status put_classes(page *p, const report_run *r, vq_error *err)
{
    const run_measured *m = &r->measured;
    vq_status status = VQ_OK;
    fputs("<div class=\"classes\">\n", p->out);
    for (int i = 0; i < m->n_classes; i++)
        TRY(put_figure(p, m->class[i].path, "Pictures drawn from the prior",
                       m->class_name[i], err));
    fputs("</div>\n", p->out);
out:
    return status;
}

/* ---- the sections ------------------------------------------------------------------
 */

static bool has_samples(const report_run *r)
{
    return r->samples.n > 0;
}

static bool is_scored(const report_run *r)
{
    return r->measured.scored;
}

static bool has_classes(const report_run *r)
{
    return r->measured.n_classes > 0;
}

static const struct part {
    const char *title;
    bool (*has)(const report_run *r);
    vq_status (*put)(page *p, const report_run *r, vq_error *err);
} parts[] = {
    {"Drawn anew, by class", has_classes, put_classes},
    {"Samples of the training", has_samples, put_samples},
    {"Best and worst", is_scored, put_extremes},
    {"Atlas of codes", is_scored, put_atlas},
};

vq_status section_pictures(page *p, const report_run *runs, int n, vq_error *err)
{
    vq_status status = VQ_OK;
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
        bool begun = false;
        for (int i = 0; i < n; i++) {
            if (!parts[k].has(&runs[i]))
                continue;
            if (!begun)
                fprintf(p->out, "<section>\n<h2>%s</h2>\n", parts[k].title);
            begun = true;
            section_heading(p, &runs[i], i, n);
            TRY(parts[k].put(p, &runs[i], err));
        }
        if (begun)
            fputs("</section>\n", p->out);
    }
out:
    return status;
}
