/* SPDX-License-Identifier: MIT */
#include "image/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/file.h"
#include "image/chart.h"

/* ---- curves ------------------------------------------------------------------------
 */

enum { COLUMNS_MAX = PLOT_PANELS_MAX * PLOT_FIGURES_MAX };

/* A log as columns: the step, and a number or NaN for each figure that is plotted. */
typedef struct columns {
    const char *figure[COLUMNS_MAX];
    int n_figures;
    double *value[1 + COLUMNS_MAX]; /* [n] each, owned; [0] is the step */
    int n, room;
} columns;

static void columns_release(columns *c)
{
    for (int i = 0; i <= c->n_figures; i++)
        free(c->value[i]);
}

static vq_status grow(columns *c, vq_error *err)
{
    const int room = c->room ? 2 * c->room : 256;
    for (int i = 0; i <= c->n_figures; i++) {
        double *grown = realloc(c->value[i], (size_t)room * sizeof *grown);
        if (!grown)
            return vq_fail_memory(err, (size_t)room * sizeof *grown);
        c->value[i] = grown;
    }
    c->room = room;
    return VQ_OK;
}

static vq_status add_line(columns *c, const json_t *line, vq_error *err)
{
    vq_status status = VQ_OK;
    const double step = json_number_value(json_object_get(line, "step"));
    bool any = false;
    if (!(step > 0))
        return VQ_OK;
    if (c->n == c->room)
        TRY(grow(c, err));
    c->value[0][c->n] = step;
    for (int i = 0; i < c->n_figures; i++) {
        const json_t *number = json_object_get(line, c->figure[i]);
        any = any || json_is_number(number);
        c->value[1 + i][c->n] =
            json_is_number(number) ? json_number_value(number) : (double)NAN;
    }
    c->n += any;
out:
    return status;
}

static vq_status read_log(columns *c, const char *path, vq_error *err)
{
    unsigned char *log = NULL;
    size_t size = 0;
    vq_status status;
    TRY(file_read(path, (size_t)1 << 30, &log, &size, err));
    for (size_t at = 0; at < size;) {
        unsigned char *end = memchr(log + at, '\n', size - at);
        size_t length = end ? (size_t)(end - log) - at : size - at;
        json_t *line = json_loadb((char *)log + at, length, 0, NULL);
        status = add_line(c, line, err);
        json_decref(line);
        if (status != VQ_OK)
            goto out;
        at += length + 1;
    }
out:
    free(log);
    return status;
}

/* Draw a panel whose figures begin with the column `first`; returns how many it has. */
static int draw_panel(FILE *out, const plot_panel *p, const columns *c, int first,
                      int place)
{
    chart_line line[PLOT_FIGURES_MAX];
    int n = 0;
    for (; n < PLOT_FIGURES_MAX && p->figure[n]; n++)
        line[n] =
            (chart_line){p->figure[n], c->value[0], c->value[1 + first + n], c->n};
    if (n == 1)
        line[0].name = NULL; /* the title says it */
    const chart drawn = {.title = p->title,
                         .x_label = "step",
                         .y_label = p->label,
                         .log_y = p->log_y,
                         .mark = p->mark,
                         .mark_label = p->mark_label,
                         .line = line,
                         .n_lines = n};
    chart_draw(out, &drawn, place);
    return n;
}

vq_status plot_curves(const char *log_path, const plot_panel *panels, int n,
                      const char *svg_path, vq_error *err)
{
    columns c = {.n = 0};
    file_writer w = {0};
    vq_status status;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < PLOT_FIGURES_MAX && panels[i].figure[k]; k++)
            c.figure[c.n_figures++] = panels[i].figure[k];
    TRY(read_log(&c, log_path, err));
    TRY(file_writer_open(&w, svg_path, err));
    chart_page_begin(w.stream, n);
    for (int i = 0, first = 0; i < n; i++)
        first += draw_panel(w.stream, &panels[i], &c, first, i);
    chart_page_end(w.stream);
    status = file_writer_commit(&w, err);
out:
    file_writer_abort(&w);
    columns_release(&c);
    return status;
}

/* ---- usage -------------------------------------------------------------------------
 */

static int by_falling(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* One book: its counts [k] become percent in falling order. */
static void draw_book(FILE *out, const double *count, int k, int book, int books,
                      const double *place, double *share)
{
    char title[96], which[32] = "";
    double sum = 0;
    int used = 0;
    for (int i = 0; i < k; i++) {
        sum += count[i];
        used += count[i] > 0;
    }
    for (int i = 0; i < k; i++)
        share[i] = sum > 0 ? 100 * count[i] / sum : 0;
    qsort(share, (size_t)k, sizeof *share, by_falling);
    if (books > 1)
        snprintf(which, sizeof which, "book %d: ", book + 1);
    snprintf(title, sizeof title, "%s%d of %d codes used", which, used, k);
    const chart_line line = {NULL, place, share, k};
    const chart drawn = {.title = title,
                         .x_label = "codes, most used first",
                         .y_label = "share in percent",
                         .bars = true,
                         .mark = 100.0 / k,
                         .mark_label = "all alike",
                         .line = &line,
                         .n_lines = 1};
    chart_draw(out, &drawn, book);
}

vq_status plot_usage(const double *count, int books, int k, const char *svg_path,
                     vq_error *err)
{
    file_writer w = {0};
    vq_status status = VQ_OK;
    double *place = malloc(2 * (size_t)k * sizeof *place);
    if (!place)
        return vq_fail_memory(err, 2 * (size_t)k * sizeof *place);
    for (int i = 0; i < k; i++)
        place[i] = i;
    TRY(file_writer_open(&w, svg_path, err));
    chart_page_begin(w.stream, books);
    for (int b = 0; b < books; b++)
        draw_book(w.stream, count + (size_t)b * (size_t)k, k, b, books, place,
                  place + k);
    chart_page_end(w.stream);
    status = file_writer_commit(&w, err);
out:
    file_writer_abort(&w);
    free(place);
    return status;
}
