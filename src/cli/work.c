/* SPDX-License-Identifier: MIT */
#include "cli/work.h"

#include <stdio.h>

#include "base/clock.h"
#include "cli/progress.h"

#define SECONDS_UNSEEN 1.0
#define SECONDS_BETWEEN_DRAWINGS 0.1

void work_format(char line[WORK_LINE_MAX], const char *what, double done,
                 double seconds)
{
    char left[32];
    progress_time(left, done > 0 ? seconds * (1 - done) / done : -1);
    snprintf(line, WORK_LINE_MAX, "%s  %d%%  %s left", what, (int)(100 * done), left);
}

/* A vq_work_fn. */
static int show(double done, void *user)
{
    work *w = user;
    char line[WORK_LINE_MAX];
    const double now = clock_seconds();
    if (now - w->begun < SECONDS_UNSEEN ||
        (w->drawn && now - w->drawn_at < SECONDS_BETWEEN_DRAWINGS))
        return 0;
    work_format(line, w->what, done, now - w->begun);
    fprintf(stderr, PROGRESS_ERASE "%s", line);
    fflush(stderr);
    w->drawn = true;
    w->drawn_at = now;
    return 0;
}

bool work_start(work *w, const args *a, const char *what, vq_work_fn *tell, void **user)
{
    *w = (work){.what = what, .begun = clock_seconds()};
    if (args_has(a, "quiet") || !progress_is_live(stderr))
        return false;
    *tell = show;
    *user = w;
    return true;
}

void work_finish(work *w)
{
    if (w->drawn)
        fputs(PROGRESS_ERASE, stderr);
    w->drawn = false;
}

void work_begin(work *w, vq_model *model, const args *a, const char *what)
{
    vq_work_fn tell;
    void *user;
    if (work_start(w, a, what, &tell, &user))
        vq_model_set_work(model, tell, user);
}

void work_end(work *w, vq_model *model)
{
    work_finish(w);
    vq_model_set_work(model, NULL, NULL);
}
