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
#define ERASE_LINE "\r\033[K"

/* ---- one line ----------------------------------------------------------------------
 */

/* The fields in the order they are shown in; a rank is the order they are dropped in.
 */
enum { FIELDS = 13 };

typedef struct field {
    char text[48];
    int rank; /* 1 stays longest */
} field;

__attribute__((format(printf, 3, 4))) static field field_make(int rank, bool wanted,
                                                              const char *format, ...)
{
    field f = {.rank = rank};
    va_list args;
    va_start(args, format);
    if (wanted)
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

static void fields_long(field f[FIELDS], const vq_progress *p, const char *step,
                        const char *left)
{
    f[0] = field_make(1, true, "step %s", step);
    f[1] = field_make(10, true, "epoch %.2f", p->epoch);
    f[2] = field_make(5, true, "loss %#.4g", p->loss);
    f[3] = field_make(7, true, "recon %#.4g", p->recon);
    f[4] = field_make(9, true, "codebook %#.4g", p->codebook);
    f[5] = field_make(8, true, "commitment %#.4g", p->commitment);
    f[6] = field_make(3, true, "nmse %#.4g", p->nmse);
    f[7] = field_make(4, true, "perplexity %.1f", p->perplexity);
    f[8] = field_make(11, p->lr > 0, "lr %.3g", p->lr);
    f[9] = field_make(12, p->grad_norm > 0, "gradient %#.3g", p->grad_norm);
    f[10] = field_make(6, true, "%.0f images/s", p->images_per_s);
    f[11] = field_make(2, true, "%s left", left);
    f[12] = field_make(13, p->revived > 0, "%lld revived", (long long)p->revived);
}

static void fields_short(field f[FIELDS], const vq_progress *p, const char *step,
                         const char *left)
{
    f[0] = field_make(1, true, "%s", step);
    f[1] = field_make(10, false, "%s", "");
    f[2] = field_make(5, true, "loss %#.3g", p->loss);
    f[3] = field_make(7, true, "recon %#.3g", p->recon);
    f[4] = field_make(9, p->codebook != 0, "code %#.3g", p->codebook);
    f[5] = field_make(8, true, "commit %#.3g", p->commitment);
    f[6] = field_make(3, true, "nmse %#.3g", p->nmse);
    f[7] = field_make(4, true, "perp %.0f", p->perplexity);
    f[8] = field_make(11, false, "%s", "");
    f[9] = field_make(12, false, "%s", "");
    f[10] = field_make(6, true, "%.0f/s", p->images_per_s);
    f[11] = field_make(2, true, "%s", left);
    f[12] = field_make(13, false, "%s", "");
}

/* Join the fields of at most `rank`, two blanks between them; returns the length. */
static int join(char line[PROGRESS_LINE_MAX], const field f[FIELDS], int rank)
{
    int n = 0;
    line[0] = '\0';
    for (int i = 0; i < FIELDS; i++)
        if (f[i].rank <= rank && f[i].text[0])
            n += snprintf(line + n, (size_t)(PROGRESS_LINE_MAX - n), "%s%s",
                          n ? "  " : "", f[i].text);
    return n;
}

void progress_format(char line[PROGRESS_LINE_MAX], const vq_progress *now, int columns)
{
    char left[32], step[48];
    field f[FIELDS];
    if (now->steps > 0)
        snprintf(step, sizeof step, "%lld/%lld", (long long)now->step,
                 (long long)now->steps);
    else
        snprintf(step, sizeof step, "%lld", (long long)now->step);
    progress_time(left, now->seconds_left);
    fields_long(f, now, step, left);
    if (join(line, f, FIELDS) <= columns || columns <= 0)
        return;
    fields_short(f, now, step, left);
    for (int rank = FIELDS; rank >= 1; rank--)
        if (join(line, f, rank) <= columns)
            return;
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

static void draw(progress *p)
{
    char line[PROGRESS_LINE_MAX];
    progress_format(line, &p->now, columns_of(p->stream));
    fprintf(p->stream, ERASE_LINE "%s", line);
    fflush(p->stream);
    p->drawn = true;
    p->drawn_at = seconds_now();
}

void progress_init(progress *p, FILE *stream)
{
    const char *term = getenv("TERM");
    *p = (progress){.stream = stream};
    p->live = isatty(fileno(stream)) && term && strcmp(term, "dumb") != 0;
}

void progress_show(progress *p, const vq_progress *now)
{
    p->now = *now;
    p->now.text = NULL; /* borrowed for the call only */
    if (p->live) {
        if (!p->drawn || seconds_now() - p->drawn_at >= SECONDS_BETWEEN_DRAWINGS)
            draw(p);
    } else if (now->event == VQ_EVENT_LOG) {
        char line[PROGRESS_LINE_MAX];
        progress_format(line, now, 0);
        fprintf(p->stream, "%s\n", line);
    }
}

void progress_note(progress *p, const char *text)
{
    if (p->drawn)
        fputs(ERASE_LINE, p->stream);
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
