/* SPDX-License-Identifier: MIT */
#include "codec/token_progress.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/clock.h"

/* A vq_work_fn: pictures are counted by the share of the codes that is done. */
static int tell(double share, void *user)
{
    token_progress *p = user;
    const double seconds = clock_seconds() - p->start;
    const double encoded = share * (double)(p->all - p->begun);
    const vq_progress now = {.event = VQ_EVENT_STEP,
                             .step = p->begun + (int64_t)encoded,
                             .steps = p->all,
                             .epoch = (double)NAN,
                             .images_per_s = seconds > 0 ? encoded / seconds : 0,
                             .seconds_left = share > 0 ? seconds * (1 - share) / share
                                                       : (double)NAN};
    return p->call(&now, p->user) != 0 || p->stopped;
}

void token_progress_init(token_progress *p, vq_model *m, vq_progress_fn call,
                         void *user)
{
    *p = (token_progress){.m = m, .call = call, .user = user};
    p->was = m->watch.call;
    p->was_user = m->watch.user;
    if (call)
        vq_model_set_work(m, tell, p);
}

void token_progress_release(token_progress *p)
{
    vq_model_set_work(p->m, p->was, p->was_user);
}

bool token_progress_load(void *user, int64_t done, int64_t all)
{
    token_progress *p = user;
    const vq_progress now = {
        .event = VQ_EVENT_LOAD, .step = done, .steps = all, .epoch = (double)NAN};
    return p->call && p->call(&now, p->user) != 0;
}

void token_progress_note(token_progress *p, const char *text)
{
    const vq_progress now = {
        .event = VQ_EVENT_NOTE, .epoch = (double)NAN, .text = text};
    if (p->call && text[0])
        p->stopped |= p->call(&now, p->user) != 0;
}

void token_progress_begin(token_progress *p, const dataset *ds, const bool *there,
                          int64_t done, double share)
{
    char text[80];
    double codes = 0;
    for (int64_t i = 0; i < ds->n; i++) {
        int height, width;
        dataset_size(ds, i, &height, &width);
        if (there ? !there[i] : i >= done)
            codes += model_codes(p->m, 1, height, width);
    }
    p->all = ds->n;
    p->begun = p->done = done;
    p->start = clock_seconds();
    snprintf(text, sizeof text, "%" PRId64 " of %" PRId64 " pictures are there", done,
             ds->n);
    if (done > 0)
        token_progress_note(p, text);
    model_begin(p->m, codes * share, 0);
}
