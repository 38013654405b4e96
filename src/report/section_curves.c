/* SPDX-License-Identifier: MIT */
#include "image/chart.h"
#include "prior/prior_charts.h"
#include "report/sections.h"
#include "train/charts.h"

/* A chart's width in its own units: letters are as large as those around it. */
enum { WIDTH = 470, BOOKS = 8 }; /* BOOKS: of a run, whose use is shown */

/* ---- curves ------------------------------------------------------------------------
 */

/* What the kind of a run shows; its level is that of all runs of the kind, or none. */
static int kind_panels(const report_run *runs, int n, bool priors,
                       plot_panel panel[PLOT_PANELS_MAX])
{
    int n_panels = 0;
    for (int i = 0; i < n; i++) {
        plot_panel own[PLOT_PANELS_MAX];
        vq_prior_info info = {.codes = 0};
        if (runs[i].is_prior != priors)
            continue;
        if (runs[i].prior)
            vq_prior_describe(runs[i].prior, &info);
        const bool known = priors ? info.codes > 0 : runs[i].has_config;
        const int n_own = priors ? prior_panels(info.codes, own)
                                 : charts_panels(&runs[i].config.training, own);
        for (int k = 0; k < n_own; k++) {
            if (n_panels == 0)
                panel[k] = own[k];
            if (!known || own[k].mark != panel[k].mark)
                panel[k].mark_label = NULL;
        }
        n_panels = n_own;
    }
    return n_panels;
}

static void draw(FILE *out, const plot_panel *p, const plot_run *of, int n,
                 const char *x_label)
{
    if (!plot_has(p, of, n))
        return;
    fputs("<figure class=\"card\">\n", out);
    plot_runs(out, p, of, n, x_label, WIDTH);
    fputs("</figure>\n", out);
}

static void put_legend(FILE *out, const report_run *runs, int n)
{
    fputs("<ul class=\"legend\">\n", out);
    for (int i = 0; i < n; i++) {
        fprintf(out, "<li><span class=\"dot\" style=\"background:%s\"></span>",
                chart_colour(i));
        page_text(out, runs[i].name);
        fputs("</li>\n", out);
    }
    fputs("</ul>\n", out);
}

void section_curves(page *p, const report_run *runs, int n)
{
    plot_run steps[PLOT_RUNS_MAX], minutes[PLOT_RUNS_MAX];
    plot_panel panel[2 * PLOT_PANELS_MAX];
    int n_panels = kind_panels(runs, n, false, panel);
    n_panels += kind_panels(runs, n, true, panel + n_panels);
    bool any = false;
    for (int i = 0; i < n; i++) {
        steps[i] = (plot_run){&runs[i].log, runs[i].log.step};
        minutes[i] = (plot_run){&runs[i].log, runs[i].minutes};
    }
    for (int k = 0; k < n_panels; k++)
        any = any || plot_has(&panel[k], steps, n);
    if (!any)
        return;
    fputs("<section>\n<h2>Curves</h2>\n", p->out);
    if (n > 1)
        put_legend(p->out, runs, n);
    fputs("<div class=\"charts\">\n", p->out);
    for (int k = 0; k < n_panels; k++) {
        draw(p->out, &panel[k], steps, n, "step");
        draw(p->out, &panel[k], minutes, n, "minutes of training");
    }
    fputs("</div>\n</section>\n", p->out);
}

/* ---- usage -------------------------------------------------------------------------
 */

vq_status section_usage(page *p, const report_run *runs, int n, vq_error *err)
{
    vq_status status = VQ_OK;
    bool begun = false;
    for (int i = 0; i < n; i++) {
        const run_measured *m = &runs[i].measured;
        if (!m->count)
            continue;
        if (!begun)
            fputs("<section>\n<h2>Use of the codes</h2>\n", p->out);
        begun = true;
        section_heading(p, &runs[i], i, n);
        fputs("<div class=\"charts\">\n", p->out);
        for (int book = 0; book < m->books && book < BOOKS; book++) {
            char which[32];
            const double *count = m->count + (size_t)book * (size_t)m->k;
            plot_name_book(which, book, m->books);
            fputs("<figure class=\"card\">\n", p->out);
            TRY(plot_usage_draw(p->out, count, m->k, which, i, WIDTH, err));
            fputs("</figure>\n", p->out);
        }
        fputs("</div>\n", p->out);
        if (m->books > BOOKS)
            fprintf(p->out, "<p class=\"soft\">The first %d of %d books.</p>\n", BOOKS,
                    m->books);
    }
    if (begun)
        fputs("</section>\n", p->out);
out:
    return status;
}
