/*
 * SPDX-License-Identifier: MIT
 *
 * How a training shows itself on stderr: one line that is redrawn in place on a
 * terminal, one line per log interval anywhere else. Tested in
 * tests/cli/test_progress.c.
 */
#ifndef VQ_CLI_PROGRESS_H
#define VQ_CLI_PROGRESS_H

#include <stdio.h>

#include "cli/spark.h"
#include "vqvae.h"

/* Long enough for every field in its long form. */
#define PROGRESS_LINE_MAX 512

typedef struct progress {
    FILE *stream;     /* borrowed */
    const char *what; /* "encoding", of pictures; NULL: a training; borrowed */
    bool live;        /* a terminal: redraw in place */
    bool drawn;       /* the cursor stands behind a live line */
    double drawn_at;  /* seconds of the monotonic clock */
    vq_progress now;  /* the newest step or interval */
    spark course;     /* of the first figure, the loss, over the intervals */
} progress;

/* Back to the start of an emptied line. */
#define PROGRESS_ERASE "\r\033[K"

/* A terminal, unless $TERM says it is dumb: it is drawn on live. */
bool progress_is_live(FILE *stream);

void progress_init(progress *p, FILE *stream);

/*
 * A VQ_EVENT_STEP or VQ_EVENT_LOAD (live: at most ten are drawn a second; else a line
 * of loading every ten seconds) or VQ_EVENT_LOG (where nothing is live).
 */
void progress_show(progress *p, const vq_progress *now);

/* Take a state for the newest, and an interval into the course, without showing it. */
void progress_remember(progress *p, const vq_progress *now);

/* Print a line of its own; a live line makes room and comes back under it. */
void progress_note(progress *p, const char *text);

/* Draw the newest state once more and leave the line. */
void progress_end(progress *p);

/*
 * The state as a terminal of so many columns shows it: progress_format, and behind it,
 * where there is room, the course of the loss.
 */
void progress_draw_line(const progress *p, int columns, char line[PROGRESS_LINE_MAX]);

/*
 * Format a state in at most `columns` characters: first with short labels, then with
 * the least telling fields left out. 0: no limit.
 */
void progress_format(char line[PROGRESS_LINE_MAX], const vq_progress *now, int columns);

/* The same of a STEP whose steps are pictures. */
void progress_format_pictures(char line[PROGRESS_LINE_MAX], const char *what,
                              const vq_progress *now, int columns);

/* "8s", "2m08s", "3h04m", "2d05h"; "?" when it is not known. */
void progress_time(char text[32], double seconds);

#endif
