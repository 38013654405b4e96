/* SPDX-License-Identifier: MIT */
#include "image/chart.h"

#include <math.h>
#include <string.h>

enum { LEFT = 70, TOP = 44, RIGHT = 30, BOTTOM = 46, TICKS = 5 };

static const char *const colours[CHART_COLOURS] = {
    "#1f6fb4", "#c1440e", "#2c8a4b", "#8a4fb0", "#b08a00", "#0e8a8a", "#b0427a", "#666",
};

const char *chart_colour(int i)
{
    return colours[i % CHART_COLOURS];
}

/* One axis: a range of values along a stretch of pixels. */
typedef struct axis {
    double low, high;
    double from, to; /* pixels of low and high */
    bool log;
} axis;

static double axis_at(const axis *a, double v)
{
    double low = a->low, high = a->high;
    if (a->log) {
        low = log10(low);
        high = log10(high);
        v = log10(v);
    }
    return a->from + (v - low) / (high - low) * (a->to - a->from);
}

/* Numbers that are none of a training's, which a log may yet hold, would not survive
 * the arithmetic of an axis. */
static bool shown(const chart *c, double x, double y)
{
    return fabs(x) < 1e300 && fabs(y) < 1e300 && (!c->log_y || y > 1e-300);
}

/* Too near to one another for ticks between them. */
static bool alike(double low, double high)
{
    return high - low <= 1e-6 * fmax(fabs(low), fabs(high));
}

/* ---- ranges and ticks --------------------------------------------------------------
 */

/* 1, 2 or 5 times a power of ten, so that about TICKS steps cover the range. */
static double round_step(double range)
{
    const double raw = range / TICKS, power = pow(10, floor(log10(raw)));
    const double share = raw / power;
    return power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
}

/* From 0, or from about the least value where that is wanted; never empty. */
static void fit(const chart *c, axis *x, axis *y)
{
    double low = (double)INFINITY, high = 0, last = 0;
    for (int i = 0; i < c->n_lines; i++)
        for (int k = 0; k < c->line[i].n; k++) {
            const double px = c->line[i].x[k], py = c->line[i].y[k];
            if (!shown(c, px, py))
                continue;
            last = fmax(last, px + (c->bars ? 1 : 0));
            low = fmin(low, py);
            high = fmax(high, py);
        }
    if (c->mark_label) {
        low = fmin(low, c->mark);
        high = fmax(high, c->mark);
    }
    x->high = last > 0 ? last : 1;
    high = high > 0 ? high : 1;
    y->low = c->log_y ? (low < high && !alike(low, high) ? low : high / 2) : 0;
    y->high = c->log_y ? high : high * 1.05;
    if (c->from_least && !c->log_y && low <= high) {
        const double room = alike(low, high) ? 0.05 * fabs(high) : 0.1 * (high - low);
        y->low = low - room;
        y->high = high + room;
    }
    if (alike(y->low, y->high))
        y->high = y->low + 1;
}

/* The next tick after v; a first call has v below the axis' low. Between 1, 2 and 5
 * times powers of ten a short logarithmic axis would have none. */
static double next_tick(const axis *a, double v)
{
    if (!a->log || a->high < 4 * a->low) {
        const double step = round_step(a->high - a->low);
        const double first = ceil(a->low / step) * step + 0.0; /* not -0 */
        return v < a->low ? first : step * (round(v / step) + 1);
    }
    static const double digits[] = {1, 2, 5};
    const double from = v < a->low ? a->low * (1 - 1e-9) : v * (1 + 1e-9);
    const double power = pow(10, floor(log10(from)));
    for (int i = 0; i < 3; i++)
        if (digits[i] * power >= from)
            return digits[i] * power;
    return 10 * power;
}

static void draw_ticks(FILE *out, const axis *x, const axis *y)
{
    for (double v = next_tick(y, y->low - 1); v <= y->high; v = next_tick(y, v))
        fprintf(out,
                "<line x1=\"%g\" x2=\"%g\" y1=\"%.2f\" y2=\"%.2f\" stroke=\"#ddd\"/>\n"
                "<text x=\"%g\" y=\"%.2f\" text-anchor=\"end\">%.6g</text>\n",
                x->from, x->to, axis_at(y, v), axis_at(y, v), x->from - 6,
                axis_at(y, v) + 4, v);
    for (double v = 0; v <= x->high; v = next_tick(x, v))
        fprintf(out, "<text x=\"%.2f\" y=\"%g\" text-anchor=\"middle\">%.9g</text>\n",
                axis_at(x, v), y->from + 16, v);
}

/* ---- what is drawn on them ---------------------------------------------------------
 */

/* Points of a line that fall on one column of pixels. */
typedef struct bundle {
    double column;
    double x[2], y[2]; /* of the least and the greatest y, in the order they came in */
    int n;
} bundle;

static void bundle_draw(FILE *out, const bundle *b)
{
    for (int i = 0; i < b->n; i++)
        if (i == 0 || b->y[1] != b->y[0])
            fprintf(out, "%.2f,%.2f ", b->x[i], b->y[i]);
}

/* A third point takes the place of the one that it lies beyond. */
static void bundle_add(bundle *b, double x, double y)
{
    if (b->n < 2) {
        b->x[b->n] = x;
        b->y[b->n++] = y;
        return;
    }
    const int low = b->y[0] > b->y[1];
    const int i = y < b->y[low] ? low : y > b->y[!low] ? !low : -1;
    if (i < 0)
        return;
    if (i == 0) { /* the other came before this one */
        b->x[0] = b->x[1];
        b->y[0] = b->y[1];
    }
    b->x[1] = x;
    b->y[1] = y;
}

static void draw_line(FILE *out, const chart *c, const chart_line *line, const axis *x,
                      const axis *y)
{
    static const char *const dashes[] = {"", " stroke-dasharray=\"7 4\"",
                                         " stroke-dasharray=\"2 3\""};
    bundle b = {.n = 0};
    int n = 0, last = 0;
    fprintf(out,
            "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"%s points=\"",
            chart_colour(line->colour), dashes[line->dashes]);
    for (int k = 0; k < line->n; k++) {
        if (!shown(c, line->x[k], line->y[k]))
            continue;
        last = k;
        n++;
        const double at = axis_at(x, line->x[k]);
        if (b.n > 0 && floor(at) > b.column) {
            bundle_draw(out, &b);
            b.n = 0;
        }
        b.column = floor(at);
        bundle_add(&b, at, axis_at(y, line->y[k]));
    }
    bundle_draw(out, &b);
    fprintf(out, "\"/>\n");
    if (n == 1) /* of which no line can be seen */
        fprintf(out, "<circle cx=\"%.2f\" cy=\"%.2f\" r=\"2.5\" fill=\"%s\"/>\n",
                axis_at(x, line->x[last]), axis_at(y, line->y[last]),
                chart_colour(line->colour));
}

/* One shape, of at most a bar for two pixels: a codebook has up to 65,536 codes. */
static void draw_bars(FILE *out, const chart_line *line, const axis *x, const axis *y)
{
    const int most = (int)(x->to - x->from) / 2, each = (line->n + most - 1) / most;
    fprintf(out, "<path fill=\"%s\" d=\"M%.2f,%.2f", chart_colour(line->colour),
            x->from, y->from);
    for (int k = 0; k < line->n; k += each) {
        const int n = line->n - k < each ? line->n - k : each;
        double mean = 0;
        for (int i = 0; i < n; i++)
            mean += line->y[k + i] / n;
        fprintf(out, " V%.2f H%.2f", axis_at(y, mean),
                axis_at(x, line->x[k + n - 1] + 1));
    }
    fprintf(out, " V%.2f Z\"/>\n", y->from);
}

static void draw_mark(FILE *out, const chart *c, const axis *x, const axis *y)
{
    const double at = axis_at(y, c->mark);
    fprintf(out,
            "<line x1=\"%g\" x2=\"%g\" y1=\"%.2f\" y2=\"%.2f\" stroke=\"#888\" "
            "stroke-dasharray=\"5 4\"/>\n"
            "<text x=\"%g\" y=\"%.2f\" text-anchor=\"end\" fill=\"#888\">%s</text>\n",
            x->from, x->to, at, at, x->to, at - 5, c->mark_label);
}

/* Names above the chart, from the right. */
static void draw_legend(FILE *out, const chart *c, double right, double y)
{
    for (int i = c->n_lines - 1; i >= 0; i--) {
        const char *name = c->line[i].name;
        if (!name)
            continue;
        fprintf(out,
                "<text x=\"%g\" y=\"%g\" text-anchor=\"end\" fill=\"%s\">%s</text>\n",
                right, y, chart_colour(c->line[i].colour), name);
        right -= 7.0 * (double)strlen(name) + 14;
    }
}

void chart_draw(FILE *out, const chart *c, int place)
{
    const double top = (double)place * CHART_HEIGHT;
    axis x = {.from = LEFT, .to = (c->width ? c->width : CHART_WIDTH) - RIGHT};
    axis y = {.from = top + CHART_HEIGHT - BOTTOM, .to = top + TOP, .log = c->log_y};
    fit(c, &x, &y);
    fprintf(out, "<text x=\"%g\" y=\"%g\" font-weight=\"bold\">%s</text>\n", x.from,
            y.to - 24, c->title);
    fprintf(out, "<text x=\"%g\" y=\"%g\" fill=\"#666\">%s%s</text>\n", x.from,
            y.to - 8, c->y_label, c->log_y ? ", logarithmic" : "");
    draw_ticks(out, &x, &y);
    fprintf(out,
            "<text x=\"%g\" y=\"%g\" text-anchor=\"end\" fill=\"#666\">%s</text>\n",
            x.to, y.from + 34, c->x_label);
    if (c->mark_label)
        draw_mark(out, c, &x, &y);
    if (c->bars)
        draw_bars(out, &c->line[0], &x, &y);
    for (int i = 0; i < c->n_lines && !c->bars; i++)
        draw_line(out, c, &c->line[i], &x, &y);
    draw_legend(out, c, x.to, y.to - 24);
}

void chart_page_begin(FILE *out, int width, int charts)
{
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
            "width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
            width, charts * CHART_HEIGHT, width, charts * CHART_HEIGHT);
}

void chart_page_end(FILE *out)
{
    fputs("</svg>\n", out);
}
