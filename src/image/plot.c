/* SPDX-License-Identifier: MIT */
#include "image/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "image/chart.h"

/* ---- curves ------------------------------------------------------------------------
 */

/* The panel as a chart, with room for its lines; they, and the label, are borrowed. */
static chart chart_of(const plot_panel *p, const char *label, const char *x_label,
                      const chart_line *line, int n_lines)
{
    return (chart){.title = p->title,
                   .x_label = x_label,
                   .y_label = label,
                   .log_y = p->log_y,
                   .from_least = p->from_least,
                   .mark = p->mark,
                   .mark_label = p->mark_label,
                   .line = line,
                   .n_lines = n_lines};
}

bool plot_has(const plot_panel *p, const plot_run *runs, int n)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < PLOT_FIGURES_MAX && p->figure[k]; k++)
            if (runs[i].x && isfinite(figures_last(runs[i].log, p->figure[k])))
                return true;
    return false;
}

/* The lines of a run: one a figure that its log has. */
static int run_lines(const plot_panel *p, const plot_run *run,
                     chart_line line[PLOT_FIGURES_MAX])
{
    int n = 0;
    for (int k = 0; run->x && k < PLOT_FIGURES_MAX && p->figure[k]; k++) {
        const double *y = figures_find(run->log, p->figure[k]);
        if (y)
            line[n++] = (chart_line){.name = p->figure[k],
                                     .x = run->x,
                                     .y = y,
                                     .n = run->log->n,
                                     .dashes = k};
    }
    return n;
}

void plot_runs(FILE *out, const plot_panel *p, const plot_run *runs, int n,
               const char *x_label, int width)
{
    static const char *const dashed[] = {"", "; dashed: ", "; dotted: "};
    chart_line line[PLOT_RUNS_MAX * PLOT_FIGURES_MAX];
    char label[160];
    int n_lines = 0, at = snprintf(label, sizeof label, "%s", p->label);
    for (int i = 0; i < n; i++)
        for (int left = run_lines(p, &runs[i], line + n_lines); left > 0; left--) {
            line[n_lines].name = NULL; /* the label says it */
            line[n_lines++].colour = i;
        }
    for (int k = 1; k < PLOT_FIGURES_MAX && p->figure[k]; k++)
        at += snprintf(label + at, sizeof label - (size_t)at, "%s%.32s", dashed[k],
                       p->figure[k]);
    chart drawn = chart_of(p, label, x_label, line, n_lines);
    drawn.width = width;
    chart_page_begin(out, width, 1);
    chart_draw(out, &drawn, 0);
    chart_page_end(out);
}

/* Draw a panel of one run in its place. */
static void draw_panel(FILE *out, const plot_panel *p, const plot_run *run, int place)
{
    chart_line line[PLOT_FIGURES_MAX];
    const int n = run_lines(p, run, line);
    for (int k = 0; k < n; k++) {
        line[k].colour = k;
        line[k].dashes = 0;
    }
    if (!p->figure[1])
        line[0].name = NULL; /* the title says it */
    const chart drawn = chart_of(p, p->label, "step", line, n);
    chart_draw(out, &drawn, place);
}

vq_status plot_curves(const char *log_path, const plot_panel *panels, int n,
                      const char *svg_path, vq_error *err)
{
    figures log;
    file_writer w = {0};
    bool shown[PLOT_PANELS_MAX];
    int n_shown = 0;
    vq_status status = figures_read(&log, log_path, err);
    if (status != VQ_OK)
        return status;
    const plot_run run = {&log, log.step};
    for (int i = 0; i < n; i++)
        n_shown += shown[i] = plot_has(&panels[i], &run, 1);
    TRY(file_writer_open(&w, svg_path, err));
    chart_page_begin(w.stream, CHART_WIDTH, n_shown ? n_shown : n);
    for (int i = 0, place = 0; i < n; i++)
        if (shown[i] || n_shown == 0)
            draw_panel(w.stream, &panels[i], &run, place++);
    chart_page_end(w.stream);
    status = file_writer_commit(&w, err);
out:
    file_writer_abort(&w);
    figures_release(&log);
    return status;
}

/* ---- usage -------------------------------------------------------------------------
 */

static int by_falling(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* Room to draw books in: the places of k codes, then their shares; NULL: no memory. */
static double *usage_room(int k)
{
    double *place = malloc(2 * (size_t)k * sizeof *place);
    for (int i = 0; place && i < k; i++)
        place[i] = i;
    return place;
}

/* How often each code of a book was used, and how that is drawn. */
typedef struct book {
    const double *count; /* [k] */
    int k;
    const char *which; /* begins the title */
    int colour, width;
} book;

/* One among others in its place: its counts become percent in falling order. */
static void draw_book(FILE *out, const book *b, double *room, int place)
{
    char title[96];
    const int k = b->k;
    double sum = 0, *share = room + k;
    int used = 0;
    for (int i = 0; i < k; i++) {
        sum += b->count[i];
        used += b->count[i] > 0;
    }
    for (int i = 0; i < k; i++)
        share[i] = sum > 0 ? 100 * b->count[i] / sum : 0;
    qsort(share, (size_t)k, sizeof *share, by_falling);
    snprintf(title, sizeof title, "%s%d of %d codes used", b->which, used, k);
    const chart_line line = {.x = room, .y = share, .n = k, .colour = b->colour};
    const chart drawn = {.title = title,
                         .x_label = "codes, most used first",
                         .y_label = "share of all uses, in percent",
                         .bars = true,
                         .mark = 100.0 / k,
                         .mark_label = "all alike",
                         .line = &line,
                         .n_lines = 1,
                         .width = b->width};
    chart_draw(out, &drawn, place);
}

void plot_name_book(char which[32], int number, int books)
{
    which[0] = '\0';
    if (books > 1)
        snprintf(which, 32, "book %d: ", number + 1);
}

vq_status plot_usage_draw(FILE *out, const double *count, int k, const char *which,
                          int colour, int width, vq_error *err)
{
    double *room = usage_room(k);
    if (!room)
        return vq_fail_memory(err, 2 * (size_t)k * sizeof *room);
    chart_page_begin(out, width, 1);
    draw_book(out, &(book){count, k, which, colour, width}, room, 0);
    chart_page_end(out);
    free(room);
    return VQ_OK;
}

vq_status plot_usage(const double *count, int books, int k, const char *svg_path,
                     vq_error *err)
{
    file_writer w = {0};
    char which[32];
    vq_status status;
    double *room = usage_room(k);
    if (!room)
        return vq_fail_memory(err, 2 * (size_t)k * sizeof *room);
    TRY(file_writer_open(&w, svg_path, err));
    chart_page_begin(w.stream, CHART_WIDTH, books);
    for (int b = 0; b < books; b++) {
        plot_name_book(which, b, books);
        draw_book(w.stream,
                  &(book){count + (size_t)b * (size_t)k, k, which, 0, CHART_WIDTH},
                  room, b);
    }
    chart_page_end(w.stream);
    status = file_writer_commit(&w, err);
out:
    file_writer_abort(&w);
    free(room);
    return status;
}
