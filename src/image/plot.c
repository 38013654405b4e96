/* SPDX-License-Identifier: MIT */
#include "image/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/file.h"

/* One panel: its place on the page, the range of its axes and how y is shown. */
typedef struct panel {
    const char *title;
    double left, top, width, height;
    double x_max, y_min, y_max;
    bool log_y;
} panel;

#define PAGE_WIDTH 720
#define PANEL_HEIGHT 200
#define TICKS 4

static double y_scaled(const panel *p, double y)
{
    return p->log_y ? log10(y) : y;
}

static double place_x(const panel *p, double x)
{
    return p->left + (p->x_max > 0 ? x / p->x_max : 0) * p->width;
}

static double place_y(const panel *p, double y)
{
    double low = y_scaled(p, p->y_min), high = y_scaled(p, p->y_max);
    return p->top + p->height * (1 - (y_scaled(p, y) - low) / (high - low));
}

static void draw_page(FILE *out, double height)
{
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%g\" "
            "font-family=\"sans-serif\" font-size=\"12\">\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
            PAGE_WIDTH, height);
}

static void draw_axes(FILE *out, const panel *p, const char *x_label)
{
    fprintf(out, "<text x=\"%g\" y=\"%g\" font-weight=\"bold\">%s</text>\n", p->left,
            p->top - 10, p->title);
    for (int i = 0; i <= TICKS; i++) {
        double share = (double)i / TICKS;
        double low = y_scaled(p, p->y_min), high = y_scaled(p, p->y_max);
        double y = low + share * (high - low);
        y = p->log_y ? pow(10, y) : y;
        fprintf(out,
                "<line x1=\"%g\" x2=\"%g\" y1=\"%g\" y2=\"%g\" stroke=\"#ddd\"/>\n"
                "<text x=\"%g\" y=\"%g\" text-anchor=\"end\">%.3g</text>\n",
                p->left, p->left + p->width, place_y(p, y), place_y(p, y), p->left - 6,
                place_y(p, y) + 4, y);
        fprintf(out, "<text x=\"%g\" y=\"%g\" text-anchor=\"middle\">%.6g</text>\n",
                p->left + share * p->width, p->top + p->height + 16, share * p->x_max);
    }
    fprintf(out, "<text x=\"%g\" y=\"%g\" text-anchor=\"middle\">%s</text>\n",
            p->left + p->width / 2, p->top + p->height + 32, x_label);
}

static void draw_line(FILE *out, const panel *p, const double *x, const double *y,
                      int n, const char *color)
{
    fprintf(out, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" points=\"",
            color);
    for (int i = 0; i < n; i++)
        fprintf(out, "%.2f,%.2f ", place_x(p, x[i]), place_y(p, y[i]));
    fprintf(out, "\"/>\n");
}

/* What the curves are made of. */
typedef struct series {
    double *step, *nmse, *perplexity;
    int n, room;
} series;

static vq_status series_add(series *s, double step, double nmse, double perplexity,
                            vq_error *err)
{
    if (s->n == s->room) {
        int room = s->room ? 2 * s->room : 256;
        double **columns[3] = {&s->step, &s->nmse, &s->perplexity};
        for (int i = 0; i < 3; i++) {
            double *grown = realloc(*columns[i], (size_t)room * sizeof *grown);
            if (!grown)
                return vq_fail_memory(err, (size_t)room * sizeof *grown);
            *columns[i] = grown;
        }
        s->room = room;
    }
    s->step[s->n] = step;
    s->nmse[s->n] = nmse;
    s->perplexity[s->n] = perplexity;
    s->n++;
    return VQ_OK;
}

/* The lines that hold positive numbers; others are left out. */
static vq_status series_read(series *s, const char *path, vq_error *err)
{
    unsigned char *log = NULL;
    size_t size = 0;
    vq_status status;
    TRY(file_read(path, (size_t)1 << 30, &log, &size, err));
    for (size_t at = 0; at < size;) {
        unsigned char *end = memchr(log + at, '\n', size - at);
        size_t length = end ? (size_t)(end - log) - at : size - at;
        json_t *line = json_loadb((char *)log + at, length, 0, NULL);
        double step = json_number_value(json_object_get(line, "step"));
        double nmse = json_number_value(json_object_get(line, "nmse"));
        double perplexity = json_number_value(json_object_get(line, "perplexity"));
        json_decref(line);
        if (step > 0 && nmse > 0 && perplexity > 0)
            TRY(series_add(s, step, nmse, perplexity, err));
        at += length + 1;
    }
out:
    free(log);
    return status;
}

/* A range around values that is never empty. */
static void fit_range(panel *p, const double *y, int n)
{
    p->y_min = p->log_y ? (double)INFINITY : 0;
    p->y_max = 0;
    for (int i = 0; i < n; i++) {
        p->y_min = y[i] < p->y_min ? y[i] : p->y_min;
        p->y_max = y[i] > p->y_max ? y[i] : p->y_max;
    }
    if (!(p->y_min < p->y_max)) {
        p->y_min = p->log_y ? p->y_max / 2 : 0;
        p->y_max = p->y_max > 0 ? p->y_max * 1.1 : 1;
    }
    if (p->log_y && !(p->y_min > 0))
        p->y_min = p->y_max / 2;
}

vq_status plot_curves(const char *log_path, const char *svg_path, vq_error *err)
{
    series s = {0};
    file_writer w = {0};
    vq_status status;
    TRY(series_read(&s, log_path, err));
    TRY(file_writer_open(&w, svg_path, err));
    double x_max = s.n ? s.step[s.n - 1] : 1;
    panel top = {.title = "NMSE of the training batches",
                 .left = 70,
                 .top = 40,
                 .width = PAGE_WIDTH - 100,
                 .height = PANEL_HEIGHT,
                 .x_max = x_max,
                 .log_y = true};
    panel bottom = {.title = "Perplexity of the training batches",
                    .left = 70,
                    .top = 320,
                    .width = PAGE_WIDTH - 100,
                    .height = PANEL_HEIGHT,
                    .x_max = x_max};
    fit_range(&top, s.nmse, s.n);
    fit_range(&bottom, s.perplexity, s.n);
    draw_page(w.stream, 570);
    draw_axes(w.stream, &top, "step");
    draw_line(w.stream, &top, s.step, s.nmse, s.n, "#1f6fb4");
    draw_axes(w.stream, &bottom, "step");
    draw_line(w.stream, &bottom, s.step, s.perplexity, s.n, "#c1440e");
    fprintf(w.stream, "</svg>\n");
    status = file_writer_commit(&w, err);
out:
    file_writer_abort(&w);
    free(s.step);
    free(s.nmse);
    free(s.perplexity);
    return status;
}

static int by_falling(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

vq_status plot_usage(const double *count, int k, const char *svg_path, vq_error *err)
{
    file_writer w = {0};
    vq_status status = VQ_OK;
    double *share = malloc((size_t)k * sizeof *share), sum = 0;
    if (!share)
        return vq_fail_memory(err, (size_t)k * sizeof *share);
    int used = 0;
    for (int i = 0; i < k; i++) {
        sum += count[i];
        used += count[i] > 0;
    }
    for (int i = 0; i < k; i++)
        share[i] = sum > 0 ? 100 * count[i] / sum : 0;
    qsort(share, (size_t)k, sizeof *share, by_falling);

    TRY(file_writer_open(&w, svg_path, err));
    char title[96];
    snprintf(title, sizeof title, "Share of each code in percent: %d of %d used", used,
             k);
    panel p = {.title = title,
               .left = 70,
               .top = 40,
               .width = PAGE_WIDTH - 100,
               .height = PANEL_HEIGHT,
               .x_max = k};
    fit_range(&p, share, k);
    draw_page(w.stream, 290);
    draw_axes(w.stream, &p, "codes, most used first");
    for (int i = 0; i < k; i++)
        fprintf(w.stream,
                "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" "
                "fill=\"#1f6fb4\"/>\n",
                place_x(&p, i), place_y(&p, share[i]), p.width / k,
                p.top + p.height - place_y(&p, share[i]));
    fprintf(w.stream, "</svg>\n");
    status = file_writer_commit(&w, err);
out:
    file_writer_abort(&w);
    free(share);
    return status;
}
