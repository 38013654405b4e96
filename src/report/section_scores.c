/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "image/chart.h"
#include "report/sections.h"

typedef double (*score_fn)(const report_run *r, const char *figure);

/* ---- where figures come from -------------------------------------------------------
 */

static double of_log(const report_run *r, const char *figure)
{
    return figures_last(&r->log, figure);
}

static double steps(const report_run *r, const char *figure)
{
    (void)figure;
    return r->log.n ? r->log.step[r->log.n - 1] : (double)NAN;
}

static double minutes(const report_run *r, const char *figure)
{
    (void)figure;
    return r->minutes ? r->minutes[r->log.n - 1] : (double)NAN;
}

static double parameters(const report_run *r, const char *figure)
{
    vq_prior_info info;
    (void)figure;
    if (r->model)
        return (double)vq_model_parameters(r->model);
    if (!r->prior)
        return (double)NAN;
    vq_prior_describe(r->prior, &info);
    return (double)info.parameters;
}

static double validation_bits(const report_run *r, const char *figure)
{
    return figures_last(&r->log, figure) / log(2);
}

static double score_of(const report_run *r, const vq_scores *s, const char *figure)
{
    if (!r->measured.scored)
        return (double)NAN;
    switch (figure[0]) {
    case 'i':
        return (double)s->images;
    case 'p':
        return s->psnr;
    case 'm':
        return s->psnr_mean;
    case 's':
        return s->ssim;
    case 'l':
        return s->ssim_luma;
    case 'x':
        return s->perplexity;
    case 'u':
        return s->codes_used;
    case 'b':
        return s->bpp;
    default:
        return (double)NAN;
    }
}

static double refined(const report_run *r, const char *figure)
{
    return score_of(r, &r->measured.scores, figure);
}

static double nearest(const report_run *r, const char *figure)
{
    return score_of(r, &r->measured.plain, figure);
}

/* ---- the table ---------------------------------------------------------------------
 */

/* A row, or where it has no `of` the heading of those below. */
typedef struct row {
    const char *name, *note; /* note NULL: none */
    score_fn of;
    const char *figure;
    int digits, better; /* better: 1 the most, -1 the least, 0 neither */
} row;

/* clang-format off: a table reads better with one row a line */
static const row rows[] = {
    {"Training", NULL, NULL, NULL, 0, 0},
    {"steps", NULL, steps, "", 0, 0},
    {"minutes", NULL, minutes, "", 2, 0},
    {"images a second", "at the end", of_log, "images_per_s", 0, 0},
    {"parameters", NULL, parameters, "", 0, 0},
    {"error", "MSE over the variance, last batches", of_log, "nmse", 4, -1},
    {"perplexity", "last batches", of_log, "perplexity", 1, 1},
    {"held-out PSNR", "dB, while training", of_log, "held_out_psnr", 2, 1},
    {"nats a code", "last batches", of_log, "nats", 3, 0},
    {"nats a code", "pictures held out", of_log, "validation", 3, -1},
    {"bits a code", "pictures held out", validation_bits, "validation", 3, -1},
    {"codes foreseen", "share, last batches", of_log, "hits", 3, 0},
    {"Test pictures", "of the codes that encode gives, refined", NULL, NULL, 0, 0},
    {"pictures", "evenly spread over the test split", refined, "i", 0, 0},
    {"PSNR", "dB, of the mean error", refined, "p", 2, 1},
    {"mean PSNR", "dB", refined, "m", 2, 1},
    {"SSIM", "mean of R, G and B", refined, "s", 4, 1},
    {"SSIM of luma", NULL, refined, "l", 4, 1},
    {"perplexity", NULL, refined, "x", 1, 1},
    {"codes used", NULL, refined, "u", 0, 0},
    {"bits a pixel", NULL, refined, "b", 4, 0},
    {"Test pictures", "of the nearest codes", NULL, NULL, 0, 0},
    {"PSNR", "dB, of the mean error", nearest, "p", 2, 1},
    {"SSIM", "mean of R, G and B", nearest, "s", 4, 1},
};
/* clang-format on */

enum { ROWS = sizeof rows / sizeof *rows };

/* Has any run the row's figure? */
static bool has_row(const row *w, const report_run *runs, int n)
{
    for (int i = 0; i < n; i++)
        if (!isnan(w->of(&runs[i], w->figure)))
            return true;
    return false;
}

/* Is anything below the heading, up to the next one? */
static bool has_group(const row *w, const report_run *runs, int n)
{
    for (w++; w < rows + ROWS && w->of; w++)
        if (has_row(w, runs, n))
            return true;
    return false;
}

static void put_name(FILE *out, const row *w)
{
    fputs(w->name, out);
    if (w->note)
        fprintf(out, " <small>%s</small>", w->note);
}

/* The best of several runs that have the figure; NaN: there is none. */
static double best_of(const row *w, const report_run *runs, int n)
{
    double best = (double)NAN;
    int n_have = 0;
    for (int i = 0; i < n; i++) {
        const double x = w->of(&runs[i], w->figure);
        n_have += !isnan(x);
        if (!isnan(x) && !(w->better * x <= w->better * best))
            best = x;
    }
    return w->better && n_have > 1 ? best : (double)NAN;
}

/* The best is bold. */
static void put_row(FILE *out, const row *w, const report_run *runs, int n)
{
    const double best = best_of(w, runs, n);
    fputs("<tr><th scope=\"row\">", out);
    put_name(out, w);
    fputs("</th>", out);
    for (int i = 0; i < n; i++) {
        const double x = w->of(&runs[i], w->figure);
        if (isnan(x))
            fputs("<td></td>", out);
        else
            fprintf(out, x == best ? "<td><b>%.*f</b></td>" : "<td>%.*f</td>",
                    w->digits, x);
    }
    fputs("</tr>\n", out);
}

void section_scores(page *p, const report_run *runs, int n)
{
    FILE *out = p->out;
    fputs(
        "<section>\n<h2>Scores</h2>\n<div class=\"card wide\"><table class=\"scores\">"
        "\n<thead><tr><th></th>",
        out);
    for (int i = 0; i < n; i++) {
        fprintf(out,
                "<th scope=\"col\"><span class=\"dot\" style=\"background:%s\"></span>",
                chart_colour(i));
        page_text(out, runs[i].name);
        fputs("</th>", out);
    }
    fputs("</tr></thead>\n<tbody>\n", out);
    for (const row *w = rows; w < rows + ROWS; w++) {
        if (w->of && has_row(w, runs, n))
            put_row(out, w, runs, n);
        if (!w->of && has_group(w, runs, n)) {
            fprintf(out, "<tr class=\"group\"><th colspan=\"%d\">", n + 1);
            put_name(out, w);
            fputs("</th></tr>\n", out);
        }
    }
    fputs("</tbody>\n</table></div>\n</section>\n", out);
}
