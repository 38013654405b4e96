/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "base/status.h"
#include "cli/cli.h"
#include "cli/progress.h"

/* Is that the end of what was to be trained? */
static bool is_whole(const vq_progress *last)
{
    return last->steps > 0 ? last->step >= last->steps : !(last->seconds_left > 0);
}

/* Show the lines that there are; of those from before, the last, and the course. *last:
 * the line that was shown last. */
static vq_status take(vq_watch *w, progress *p, bool ended, vq_progress *last,
                      vq_error *err)
{
    vq_progress now, old = {.step = 0};
    bool before = false, more;
    vq_status status;
    for (;;) {
        TRY(vq_watch_next(w, &now, &more, err));
        if (!more)
            break;
        if (now.event == VQ_EVENT_START) {
            before = true;
            old.step = 0;
            p->course = (spark){.n = 0};
        } else if (now.event == VQ_EVENT_LOG && before) {
            if (old.step > 0)
                progress_remember(p, &old);
            old = now;
        } else if (now.event == VQ_EVENT_LOG) {
            progress_show(p, &now);
            *last = now;
        } else if (!before) {
            progress_note(p, now.text);
        }
    }
    if (old.step == 0)
        goto out;
    *last = old;
    if (ended)
        old.seconds_left = (double)NAN;
    progress_show(p, &old);
out:
    return status;
}

static vq_status run(const args *a, vq_error *err)
{
    const struct timespec moment = {.tv_nsec = 200000000};
    vq_status status;
    vq_watch *w;
    vq_progress last = {.step = 0};
    progress p;
    bool goes_on;
    TRY(vq_watch_open(&w, a->operand[0], err));
    progress_init(&p, stdout);
    do {
        goes_on = vq_watch_goes_on(w);
        TRY(take(w, &p, !goes_on, &last, err));
        TRY(cli_flush(err));
        if (goes_on)
            nanosleep(&moment, NULL);
    } while (goes_on);
    progress_end(&p);
    printf("%s\n", is_whole(&last) ? "the training has ended"
                                   : "stopped before its end; --resume goes on");
out:
    vq_watch_close(w);
    return status;
}

const command cmd_watch = {
    .name = "watch",
    .purpose = "make a model",
    .summary = "follow a training from another terminal",
    .operands = "RUN",
    .least = 1,
    .most = 1,
    .about =
        "Show how the training in a run folder goes, from another terminal, until it "
        "ends: on a terminal a line that is redrawn, with the course of the loss where "
        "there is room, else a line for each interval of its log. Of one that has "
        "ended the last state is shown. Ctrl-C ends the watching, not the training. "
        "RUN may be 'latest'.",
    .examples = "vqvae watch latest\n"
                "vqvae watch runs/latest-prior",
    .run = run,
};
