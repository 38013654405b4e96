/* SPDX-License-Identifier: MIT */
#include "train/loop.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "image/plot.h"
#include "io/safetensors.h"
#include "train/checkpoint.h"
#include "train/run_folder.h"
#include "train/run_log.h"
#include "train/schedule.h"

typedef struct loop {
    const loop_settings *settings;
    const learner *l;
    vq_progress_fn progress;
    void *user;

    run_folder folder;
    run_log log;
    checkpoint_facts facts;
    double epoch;        /* steps that see as much as there is */
    int64_t steps;       /* to train to; 0 with a time budget */
    int64_t first_step;  /* of this part of the run */
    int64_t saved_step;  /* of the checkpoint on disk; -1: none */
    int64_t logged_step; /* where the interval of means began */
    double logged_clock; /* and when */
    double began;        /* clock, less the seconds trained before */
    double done;         /* share of the training, in [0,1] */
} loop;

loop_settings loop_settings_of(const vq_config *c, const char *name)
{
    return (loop_settings){.name = name,
                           .out = c->out,
                           .resume = c->resume,
                           .force = c->force,
                           .steps = c->steps,
                           .epochs = c->epochs,
                           .time_budget = c->time_budget,
                           .log_every = c->log_every,
                           .sample_every = c->sample_every,
                           .save_every = c->save_every,
                           .batch_size = c->batch_size,
                           .lr = c->lr};
}

/* ---- telling ------------------------------------------------------------------------
 */

/* The state of things as a progress record: means over the interval. */
static vq_progress describe(const loop *t, vq_event event)
{
    const loop_settings *s = t->settings;
    const int64_t steps = t->facts.step - t->logged_step;
    const double seconds = clock_seconds() - t->logged_clock;
    vq_progress p = {.event = event, .step = t->facts.step, .steps = t->steps};
    p.epoch = (double)t->facts.step / t->epoch;
    p.n_figures = t->l->figures(t->l->self, steps, p.figure);
    if (steps > 0 && seconds > 0) {
        p.images_per_s = (double)steps * s->batch_size / seconds;
        p.seconds_left =
            s->time_budget > 0
                ? fmax(0, (double)s->time_budget - t->facts.seconds)
                : (double)(t->steps - t->facts.step) * seconds / (double)steps;
    }
    return p;
}

/* Tell the caller; true when it wants to stop. */
static bool tell(const loop *t, vq_event event, const char *text)
{
    if (!t->progress)
        return false;
    vq_progress p = describe(t, event);
    p.text = text;
    return t->progress(&p, t->user) != 0;
}

/* A learner_watch: the data is being looked through. */
static bool tell_load(void *user, int64_t done, int64_t all)
{
    const loop *t = user;
    vq_progress p = {.event = VQ_EVENT_LOAD, .step = done, .steps = all};
    return t->progress && t->progress(&p, t->user) != 0;
}

/* Tell the caller something, and the log. */
static vq_status note(loop *t, const char *text, vq_error *err)
{
    tell(t, VQ_EVENT_NOTE, text);
    return run_log_note(&t->log, t->facts.step, text, err);
}

/* End the interval of means: to the log and to the caller. */
static vq_status write_log(loop *t, vq_error *err)
{
    char text[320];
    const int64_t first = t->logged_step, steps = t->facts.step - first;
    vq_progress p = describe(t, VQ_EVENT_LOG);
    vq_status status = run_log_add(&t->log, &p, err);
    if (t->progress)
        t->progress(&p, t->user);
    bool remarkable = t->l->remark(t->l->self, first, steps, text);
    t->l->restart(t->l->self);
    t->logged_step = t->facts.step;
    t->logged_clock = clock_seconds();
    if (status == VQ_OK && remarkable)
        status = note(t, text, err);
    return status;
}

/* ---- saving -------------------------------------------------------------------------
 */

static vq_status diverged(const loop *t, vq_error *err, const char *what)
{
    char kept[VQ_PATH_MAX + 96] = "nothing was saved yet";
    if (t->saved_step >= 0)
        snprintf(kept, sizeof kept,
                 "the checkpoint of step %" PRId64 " in '%s' is kept", t->saved_step,
                 t->folder.path);
    return vq_fail(err, VQ_EDIVERGED,
                   "training diverged at step %" PRId64
                   ": %s is not finite; %s; try a lower --lr than %g",
                   t->facts.step + 1, what, kept, t->settings->lr);
}

/* Is every number of a checkpoint finite? */
static bool is_finite(const learner *l)
{
    learner_state state = {.n_buffers = 0};
    l->give(l->self, &state);
    for (int b = 0; b < state.n_buffers; b++)
        for (size_t i = 0; i < state.buffer[b].n; i++)
            if (!isfinite(state.buffer[b].v[i]))
                return false;
    return true;
}

/* Pictures are no reason to lose a run: a failure is told, and it goes on. */
static vq_status draw(loop *t, vq_error *err)
{
    char curves[VQ_PATH_MAX + 64], text[320];
    vq_error why = {""};
    run_folder_file(&t->folder, "curves.svg", curves);
    vq_status status = plot_curves(t->log.path, curves, &why);
    if (status == VQ_OK)
        status = t->l->draw(t->l->self, t->folder.path, &why);
    if (status == VQ_OK)
        return VQ_OK;
    snprintf(text, sizeof text, "no picture of step %" PRId64 ": %.250s", t->facts.step,
             why.message);
    return note(t, text, err);
}

static vq_status write_model(loop *t, vq_error *err)
{
    char path[VQ_PATH_MAX + 64];
    run_folder_file(&t->folder, RUN_MODEL, path);
    vq_status status = t->l->save_model(t->l->self, t->facts.step, path, err);
    if (status == VQ_OK)
        status = draw(t, err);
    if (status == VQ_OK)
        tell(t, VQ_EVENT_SAVE, path);
    return status;
}

static vq_status save(loop *t, vq_error *err)
{
    char path[VQ_PATH_MAX + 64];
    if (!is_finite(t->l))
        return diverged(t, err, "a weight");
    run_folder_file(&t->folder, RUN_CHECKPOINT, path);
    vq_status status = checkpoint_save(t->l, &t->facts, path, err);
    if (status != VQ_OK)
        return status;
    t->saved_step = t->facts.step;
    return write_model(t, err);
}

static vq_status write_sample(loop *t, vq_error *err)
{
    char name[64], path[VQ_PATH_MAX + 64], text[320];
    vq_error why = {""};
    snprintf(name, sizeof name, "samples/%06" PRId64 ".png", t->facts.step);
    run_folder_file(&t->folder, name, path);
    if (t->l->sample(t->l->self, path, &why) == VQ_OK)
        return VQ_OK;
    snprintf(text, sizeof text, "no sample: %.300s", why.message);
    return note(t, text, err);
}

/* Does the model on disk belong to the step that was resumed from? */
static bool model_is_current(const loop *t)
{
    char path[VQ_PATH_MAX + 64];
    st_file f;
    run_folder_file(&t->folder, RUN_MODEL, path);
    if (st_read(&f, path, NULL) != VQ_OK)
        return false;
    const char *step = st_metadata(&f, "step");
    bool current = step && strtoll(step, NULL, 10) == t->facts.step;
    st_release(&f);
    return current;
}

/* ---- opening ------------------------------------------------------------------------
 */

/* A new run: first weights, then the folder. Nothing is written when either fails. */
static vq_status begin(loop *t, vq_error *err)
{
    char *json = NULL;
    vq_status status;
    TRY(t->l->begin(t->l->self, err));
    TRY(t->l->describe(t->l->self, t->folder.run, &json, err));
    TRY(run_folder_begin(&t->folder, json, err));
    t->saved_step = -1;
out:
    free(json);
    return status;
}

/* The weights and counters of the checkpoint; the data may have something to say. */
static vq_status resume(loop *t, char data_note[320], vq_error *err)
{
    char path[VQ_PATH_MAX + 64], *json = NULL;
    vq_status status;
    run_folder_file(&t->folder, RUN_CHECKPOINT, path);
    TRY(checkpoint_load(t->l, &t->facts, path, data_note, err));
    TRY(t->l->describe(t->l->self, t->folder.run, &json, err));
    TRY(run_folder_describe(&t->folder, json, err));
    t->saved_step = t->first_step = t->logged_step = t->facts.step;
out:
    free(json);
    return status;
}

static vq_status open_run(loop *t, vq_error *err)
{
    const loop_settings *s = t->settings;
    char data_note[320] = "", link_note[320] = "";
    vq_status status;
    TRY(run_folder_open(&t->folder, s->latest ? s->latest : RUN_LATEST, s->name, s->out,
                        s->resume, s->force, err));
    TRY(t->l->open(t->l->self, tell_load, t, &t->epoch, err));
    if (s->time_budget == 0)
        t->steps = s->steps > 0 ? s->steps : (int64_t)ceil(s->epochs * t->epoch);
    t->facts.run = t->folder.run;
    if (t->folder.has_checkpoint && s->resume)
        TRY(resume(t, data_note, err));
    else
        TRY(begin(t, err));
    TRY(t->l->ready(t->l->self, err));
    char path[VQ_PATH_MAX + 64];
    run_folder_file(&t->folder, "log.jsonl", path);
    TRY(run_log_open(&t->log, path, t->saved_step, err));
    run_folder_link_latest(&t->folder, link_note);
    if (link_note[0])
        TRY(note(t, link_note, err));
    if (t->l->note && t->l->note(t->l->self)[0])
        TRY(note(t, t->l->note(t->l->self), err));
    if (data_note[0])
        TRY(note(t, data_note, err));
out:
    return status;
}

/* ---- training -----------------------------------------------------------------------
 */

/* Is something due that happens every so many steps, and at the end? */
static bool due(const loop *t, int64_t every)
{
    return t->done == 1 || (every > 0 && t->facts.step % every == 0);
}

/* How far the training is, by its steps or by the clock. */
static void note_progress(loop *t)
{
    const double budget = (double)t->settings->time_budget;
    if (budget > 0) {
        t->facts.seconds = clock_seconds() - t->began;
        t->done = schedule_progress(t->facts.seconds, budget);
    } else {
        t->done = schedule_progress((double)t->facts.step, (double)t->steps);
    }
}

static vq_status step(loop *t, vq_error *err)
{
    learner_fault fault = NULL;
    vq_status status;
    TRY(t->l->gradient(t->l->self, t->facts.step, t->done, &fault, err));
    if (fault)
        return diverged(t, err, fault);
    TRY(t->l->update(t->l->self, t->done, err));
    t->facts.step++;
    note_progress(t);
out:
    return status;
}

static vq_status train(loop *t, vq_error *err)
{
    const loop_settings *s = t->settings;
    vq_status status = VQ_OK;
    bool stop = tell(t, VQ_EVENT_START, t->folder.path);
    t->logged_clock = clock_seconds();
    t->began = t->logged_clock - t->facts.seconds;
    note_progress(t);
    while (t->done < 1 && !stop) {
        TRY(step(t, err));
        stop = tell(t, VQ_EVENT_STEP, NULL);
        if (due(t, s->log_every))
            TRY(write_log(t, err));
        if (due(t, s->sample_every))
            TRY(write_sample(t, err));
        if (due(t, s->save_every))
            TRY(save(t, err));
    }
    if (t->saved_step != t->facts.step && t->facts.step > t->first_step)
        TRY(save(t, err));
    else if (t->saved_step == t->facts.step && !model_is_current(t))
        TRY(write_model(t, err));
    if (!stop || t->done == 1)
        goto out;
    if (t->saved_step < 0)
        TRY(vq_fail(err, VQ_ESTOPPED, "stopped before the first step"));
    status = vq_fail(err, VQ_ESTOPPED, "stopped at step %" PRId64 ", saved in '%s'",
                     t->facts.step, t->folder.path);
out:
    return status;
}

double vq_progress_figure(const vq_progress *p, const char *name)
{
    for (int i = 0; i < p->n_figures; i++)
        if (strcmp(p->figure[i].name, name) == 0)
            return p->figure[i].value;
    return (double)NAN;
}

vq_status loop_run(const loop_settings *settings, const learner *l,
                   vq_progress_fn progress, void *user, vq_error *err)
{
    loop t = {.settings = settings, .l = l, .progress = progress, .user = user};
    vq_status status = open_run(&t, err);
    if (status == VQ_OK)
        status = train(&t, err);
    l->close(l->self);
    run_log_close(&t.log);
    run_folder_close(&t.folder);
    return status;
}
