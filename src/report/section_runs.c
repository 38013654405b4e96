/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/chart.h"
#include "report/sections.h"

void section_heading(page *p, const report_run *r, int i, int n)
{
    if (n < 2)
        return;
    fprintf(p->out, "<h3><span class=\"dot\" style=\"background:%s\"></span>",
            chart_colour(i));
    page_text(p->out, r->name);
    fputs("</h3>\n", p->out);
}

/* ---- what it is --------------------------------------------------------------------
 */

static void say_vqvae(FILE *out, const vq_config *c)
{
    const int books = c->levels * c->heads;
    fputs("<p>A VQ-VAE, trained on <b>", out);
    page_text(out, c->data);
    fputs("</b>: ", out);
    if (books > 1)
        fprintf(out, "%d codebooks of ", books);
    fprintf(out, "%d codes of %d numbers, %s for every %d &#215; %d pixels.</p>\n",
            c->codes, c->code_dim, books > 1 ? "one of each" : "one", c->downsample,
            c->downsample);
}

static void say_prior(FILE *out, const vq_prior_config *c)
{
    fputs("<p>A prior, a model of which codes go together, trained on <b>", out);
    page_text(out, c->training.data);
    fputs("</b>", out);
    if (c->model[0]) {
        fputs(", of the codes of <b>", out);
        page_text(out, c->model);
        fputs("</b>", out);
    }
    fprintf(out, ": %d gated layers of %d channels.</p>\n", c->depth, c->width);
}

/* Did it train for as long as it was to? A budget of time is kept or cut, and the log
 * does not tell which. */
static bool is_finished(const report_run *r, double step, double epoch)
{
    const vq_config *c = &r->config.training;
    if (!r->has_config || r->training || c->time_budget > 0)
        return false;
    return c->steps > 0 ? step >= (double)c->steps : epoch >= c->epochs;
}

static void say_time(FILE *out, double minutes)
{
    if (minutes < 1)
        fprintf(out, ", in %.3g seconds", 60 * minutes);
    else
        fprintf(out, ", in %.3g minutes", minutes);
}

static void say_state(FILE *out, const report_run *r)
{
    const vq_config *c = &r->config.training;
    const int last = r->log.n - 1;
    const double step = last >= 0 ? r->log.step[last] : 0;
    const double epoch = figures_last(&r->log, "epoch");
    const bool whole = is_finished(r, step, epoch);
    const bool known = r->has_config && c->steps > 0;
    if (r->training)
        fprintf(out, "<p>Training at this moment: step %.0f", step);
    else if (known && !whole)
        fprintf(out, "<p>Stopped at step %.0f", step);
    else
        fprintf(out, "<p>%s %.0f steps", whole ? "Finished:" : "Trained for", step);
    if (known && !whole)
        fprintf(out, " of %lld", (long long)c->steps);
    if (r->has_config)
        fprintf(out, ", %d pictures a batch", c->batch_size);
    if (isfinite(epoch))
        fprintf(out, ", %.3g epochs", epoch);
    if (r->minutes)
        say_time(out, r->minutes[last]);
    fputs(".</p>\n", out);
}

/* ---- options -----------------------------------------------------------------------
 */

static void put_option(FILE *out, const run_setting *s, bool beside)
{
    fputs("<tr><th scope=\"row\"><code>", out);
    for (const char *c = s->key; *c; c++) {
        const char letter[2] = {*c == '_' ? '-' : *c, '\0'};
        page_text(out, (*c & 0x80) ? "?" : letter);
    }
    fputs("</code></th><td>", out);
    page_text(out, s->text[0] ? s->text : "none");
    fputs("</td>", out);
    if (beside) {
        fputs("<td class=\"from\">", out);
        page_text(out, !s->known     ? "not known to this version"
                       : s->usual[0] ? s->usual
                                     : "none");
        fputs("</td>", out);
    }
    fputs("</tr>\n", out);
}

static void put_options(FILE *out, const report_run *r, bool differing,
                        const char *head)
{
    fprintf(out, "<div class=\"wide\"><table>\n<thead><tr>%s</tr></thead>\n<tbody>\n",
            head);
    for (int i = 0; i < r->n_settings; i++)
        if (r->setting[i].differs == differing)
            put_option(out, &r->setting[i], differing);
    fputs("</tbody>\n</table></div>\n", out);
}

static void say_options(FILE *out, const report_run *r)
{
    int differing = 0;
    for (int i = 0; i < r->n_settings; i++)
        differing += r->setting[i].differs;
    if (differing) {
        put_options(out, r, true, "<th>option</th><th>here</th><th>by default</th>");
    } else
        fputs("<p class=\"soft\">Every option is as by default.</p>\n", out);
    if (r->n_settings == differing)
        return;
    fprintf(out, "<details><summary>The other %d options</summary>\n",
            r->n_settings - differing);
    put_options(out, r, false, "<th>option</th><th>here</th>");
    fputs("</details>\n", out);
}

static void say_missing(FILE *out, const char *what, const char *why)
{
    if (!why[0])
        return;
    fprintf(out, "<p class=\"soft\">%s: ", what);
    page_text(out, why);
    fputs(".</p>\n", out);
}

void section_runs(page *p, const report_run *runs, int n)
{
    FILE *out = p->out;
    fprintf(out, "<section>\n<h2>What was trained</h2>\n<div class=\"%s\">\n",
            n > 1 ? "runs" : "run");
    for (int i = 0; i < n; i++) {
        const report_run *r = &runs[i];
        fputs("<div class=\"card\">\n", out);
        section_heading(p, r, i, n);
        if (r->has_config && r->is_prior)
            say_prior(out, &r->config);
        else if (r->has_config || r->model)
            say_vqvae(out,
                      r->has_config ? &r->config.training : vq_model_config(r->model));
        say_state(out, r);
        fputs("<p class=\"soft\">Folder <code>", out);
        page_text(out, r->folder);
        fputs("</code></p>\n", out);
        say_missing(out, "No model to measure", r->no_model);
        say_missing(out, "Not measured anew", r->measured.why_not);
        if (r->has_config)
            say_options(out, r);
        else
            fputs("<p class=\"soft\">It has no configuration that can be read.</p>\n",
                  out);
        fputs("</div>\n", out);
    }
    fputs("</div>\n</section>\n", out);
}
