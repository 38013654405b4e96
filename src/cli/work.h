/*
 * SPDX-License-Identifier: MIT
 *
 * How a command that uses a model shows on a terminal that it takes long: one line,
 * redrawn in place and gone at the end. Tested in tests/cli/test_work.c.
 */
#ifndef VQ_CLI_WORK_H
#define VQ_CLI_WORK_H

#include "cli/options.h"

#define WORK_LINE_MAX 128

typedef struct work {
    const char *what; /* "encoding"; borrowed */
    double begun, drawn_at;
    bool drawn;
} work;

/*
 * Show the model's work on stderr from its second second on, unless that is no terminal
 * or --quiet was given. w must stay until work_end.
 */
void work_begin(work *w, vq_model *model, const args *a, const char *what);

/* Take the line away. */
void work_end(work *w, vq_model *model);

/* The same of work that no one model does: whom to tell, where it is to be shown. */
bool work_start(work *w, const args *a, const char *what, vq_work_fn *tell,
                void **user);
void work_finish(work *w);

/* The line for a share of the work that is done after so many seconds. */
void work_format(char line[WORK_LINE_MAX], const char *what, double done,
                 double seconds);

#endif
