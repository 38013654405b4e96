/* SPDX-License-Identifier: MIT */
#include "cli/progress.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/text.h"

#define SECONDS_BETWEEN_DRAWINGS 0.1
#define SECONDS_BETWEEN_LINES 10 /* about pictures, where no line is drawn live */

/* ---- one line ----------------------------------------------------------------------
 */

/* Step, epoch, the figures, speed and time left. */
enum { FIELDS = VQ_FIGURES_MAX + 4, RANKS = 13 };

typedef struct field {
    char text[48];
    int rank; /* the order they are dropped in: 1 stays longest */
} field;

/* How the number of a figure is written: with so many digits, long and brief. */
typedef enum number_style {
    DIGITS,   /* 4, or 3; zeros at the end stay */
    DECIMALS, /* 1, or none */
    SHORTEST, /* up to 3 digits */
    DECIBELS, /* 1 decimal */
    COUNT     /* whole, before its label */
} number_style;

typedef struct label {
    const char *name, *label, *brief; /* brief NULL: left out then */
    number_style style;
    int rank;
    bool unless_zero, brief_unless_zero;
} label;

/* clang-format off: a table reads better with one row a line */
static const label labels[] = {
    {"loss", "loss", "loss", DIGITS, 5, false, false},
    {"recon", "recon", "recon", DIGITS, 7, false, false},
    {"codebook", "codebook", "code", DIGITS, 9, false, true},
    {"commitment", "commitment", "commit", DIGITS, 8, false, false},
    {"nmse", "nmse", "nmse", DIGITS, 3, false, false},
    {"perplexity", "perplexity", "perp", DECIMALS, 4, false, false},
    {"held_out_psnr", "held out", "held", DECIBELS, 4, false, false},
    {"lr", "lr", NULL, SHORTEST, 11, true, false},
    {"grad_norm", "gradient", NULL, DIGITS, 12, true, false},
    {"revived", "revived", NULL, COUNT, 13, true, false},
};
/* clang-format on */

/* A figure that the table does not know is shown under its own name. */
static label label_of(const char *name)
{
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (strcmp(labels[i].name, name) == 0)
            return labels[i];
    return (label){name, name, name, DIGITS, 6, false, false};
}

static field figure_field(const vq_figure *figure, bool brief)
{
    const label l = label_of(figure->name);
    const char *text = brief ? l.brief : l.label;
    const double x = figure->value;
    field f = {.rank = l.rank};
    if (!text || (x == 0 && (l.unless_zero || (brief && l.brief_unless_zero))))
        return f;
    switch (l.style) {
    case DIGITS:
        snprintf(f.text, sizeof f.text, "%.24s %#.*g", text, brief ? 3 : 4, x);
        break;
    case DECIMALS:
        snprintf(f.text, sizeof f.text, "%.24s %.*f", text, brief ? 0 : 1, x);
        break;
    case SHORTEST:
        snprintf(f.text, sizeof f.text, "%.24s %.3g", text, x);
        break;
    case DECIBELS:
        snprintf(f.text, sizeof f.text, "%.24s %.1f dB", text, x);
        break;
    case COUNT:
        snprintf(f.text, sizeof f.text, "%.0f %.24s", x, text);
        break;
    }
    return f;
}

__attribute__((format(printf, 2, 3))) static field field_make(int rank,
                                                              const char *format, ...)
{
    field f = {.rank = rank};
    va_list args;
    va_start(args, format);
    vsnprintf(f.text, sizeof f.text, format, args);
    va_end(args);
    return f;
}

void progress_time(char text[32], double seconds)
{
    if (!(seconds >= 0 && seconds < 1e8)) {
        strcpy(text, "?");
        return;
    }
    int s = (int)lround(seconds);
    if (s < 60)
        snprintf(text, 32, "%ds", s);
    else if (s < 3600)
        snprintf(text, 32, "%dm%02ds", s / 60, s % 60);
    else if (s < 86400)
        snprintf(text, 32, "%dh%02dm", s / 3600, s / 60 % 60);
    else
        snprintf(text, 32, "%dd%02dh", s / 86400, s / 3600 % 24);
}

/* All fields of a state, in the order they are shown in; the count comes last. */
static int fields_make(field f[FIELDS], const vq_progress *p, bool brief)
{
    char step[48], left[32];
    int n = 0;
    snprintf(step, sizeof step, "%lld", (long long)p->step);
    if (p->steps > 0)
        snprintf(step + strlen(step), sizeof step - strlen(step), "/%lld",
                 (long long)p->steps);
    progress_time(left, p->seconds_left);
    f[n++] = field_make(1, brief ? "%s" : "step %s", step);
    if (!brief)
        f[n++] = field_make(10, "epoch %.2f", p->epoch);
    for (int i = 0; i < p->n_figures; i++)
        if (strcmp(p->figure[i].name, "revived") != 0)
            f[n++] = figure_field(&p->figure[i], brief);
    f[n++] = field_make(6, brief ? "%.0f/s" : "%.0f images/s", p->images_per_s);
    if (!isnan(p->seconds_left)) /* of a training that has ended */
        f[n++] = field_make(2, brief ? "%s" : "%s left", left);
    for (int i = 0; i < p->n_figures; i++)
        if (strcmp(p->figure[i].name, "revived") == 0)
            f[n++] = figure_field(&p->figure[i], brief);
    return n;
}

/* Join the fields of at most `rank`, two blanks between them; returns the length. */
static int join(char line[PROGRESS_LINE_MAX], const field *f, int n_fields, int rank)
{
    int n = 0;
    line[0] = '\0';
    for (int i = 0; i < n_fields; i++)
        if (f[i].rank <= rank && f[i].text[0])
            n += snprintf(line + n, (size_t)(PROGRESS_LINE_MAX - n), "%s%s",
                          n ? "  " : "", f[i].text);
    return n;
}

/* How far the looking through data is, of a number that may not be known yet. */
static void format_load(char line[PROGRESS_LINE_MAX], const vq_progress *now)
{
    int n = snprintf(line, PROGRESS_LINE_MAX, "looking through the data: %lld",
                     (long long)now->step);
    if (now->steps > 0)
        snprintf(line + n, PROGRESS_LINE_MAX - (size_t)n, " of %lld pictures",
                 (long long)now->steps);
}

void progress_format(char line[PROGRESS_LINE_MAX], const vq_progress *now, int columns)
{
    field f[FIELDS];
    if (now->event == VQ_EVENT_LOAD) {
        format_load(line, now);
        if (columns > 0 && columns < PROGRESS_LINE_MAX)
            line[columns] = '\0';
        return;
    }
    int n = fields_make(f, now, false);
    if (join(line, f, n, RANKS) <= columns || columns <= 0)
        return;
    n = fields_make(f, now, true);
    for (int rank = RANKS; rank >= 1; rank--)
        if (join(line, f, n, rank) <= columns)
            return;
    line[columns] = '\0';
}

void progress_format_pictures(char line[PROGRESS_LINE_MAX], const char *what,
                              const vq_progress *now, int columns)
{
    char left[32];
    progress_time(left, now->seconds_left);
    snprintf(line, PROGRESS_LINE_MAX,
             "%.32s: %lld of %lld pictures  %.4g images/s  %s left", what,
             (long long)now->step, (long long)now->steps, now->images_per_s, left);
    if (columns > 0 && columns < PROGRESS_LINE_MAX)
        line[columns] = '\0';
}

/* ---- the terminal ------------------------------------------------------------------
 */

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* One column stays free: a full last column makes some terminals wrap. */
static int columns_of(FILE *stream)
{
    struct winsize size;
    bool known = ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    return known ? size.ws_col - 1 : 79;
}

static void format(const progress *p, char line[PROGRESS_LINE_MAX], int columns)
{
    if (p->what && p->now.event == VQ_EVENT_STEP)
        progress_format_pictures(line, p->what, &p->now, columns);
    else
        progress_format(line, &p->now, columns);
}

void progress_draw_line(const progress *p, int columns, char line[PROGRESS_LINE_MAX])
{
    char course[SPARK_BYTES];
    format(p, line, columns);
    const size_t length = strlen(line);
    const int room = columns - (int)length - 2;
    if (p->now.event == VQ_EVENT_LOAD ||
        spark_draw(&p->course, room, text_locale_is_utf8(), course) == 0)
        return;
    snprintf(line + length, PROGRESS_LINE_MAX - length, "  %s", course);
}

static void draw(progress *p)
{
    char line[PROGRESS_LINE_MAX];
    progress_draw_line(p, columns_of(p->stream), line);
    fputs(PROGRESS_ERASE, p->stream);
    text_print(p->stream, line); /* names in a log may be anything */
    fflush(p->stream);
    p->drawn = true;
    p->drawn_at = seconds_now();
}

bool progress_is_live(FILE *stream)
{
    const char *term = getenv("TERM");
    return isatty(fileno(stream)) && term && strcmp(term, "dumb") != 0;
}

void progress_init(progress *p, FILE *stream)
{
    *p = (progress){.stream = stream, .drawn_at = seconds_now()};
    p->live = progress_is_live(stream);
}

void progress_remember(progress *p, const vq_progress *now)
{
    p->now = *now;
    p->now.text = NULL; /* borrowed for the call only */
    if (now->event == VQ_EVENT_LOG && now->n_figures > 0)
        spark_add(&p->course, now->figure[0].value);
}

void progress_show(progress *p, const vq_progress *now)
{
    if (now->event == VQ_EVENT_LOAD && now->step == 0)
        return; /* most data is looked through at once */
    progress_remember(p, now);
    if (p->live) {
        if (!p->drawn || seconds_now() - p->drawn_at >= SECONDS_BETWEEN_DRAWINGS)
            draw(p);
    } else if (now->event == VQ_EVENT_LOAD ||
               (p->what && now->event == VQ_EVENT_STEP)) {
        if (seconds_now() - p->drawn_at < SECONDS_BETWEEN_LINES)
            return;
        char line[PROGRESS_LINE_MAX];
        format(p, line, 0);
        text_print(p->stream, line);
        fputc('\n', p->stream);
        p->drawn_at = seconds_now();
    } else if (now->event == VQ_EVENT_LOG) {
        char line[PROGRESS_LINE_MAX];
        progress_format(line, now, 0);
        text_print(p->stream, line);
        fputc('\n', p->stream);
    }
}

void progress_note(progress *p, const char *text)
{
    if (p->drawn)
        fputs(PROGRESS_ERASE, p->stream);
    text_print(p->stream, text);
    fputc('\n', p->stream);
    if (p->drawn)
        draw(p);
}

void progress_end(progress *p)
{
    if (!p->drawn)
        return;
    draw(p);
    fputc('\n', p->stream);
    p->drawn = false;
}
