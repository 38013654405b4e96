/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/finite.h"
#include "io/safetensors.h"
#include "train/loop_state.h"

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
bool loop_tell(const loop *t, vq_event event, const char *text)
{
    if (!t->progress)
        return false;
    vq_progress p = describe(t, event);
    p.text = text;
    return t->progress(&p, t->user) != 0;
}

/* Tell the caller something, and the log. */
vq_status loop_note(loop *t, const char *text, vq_error *err)
{
    if (!t->leads)
        return VQ_OK;
    loop_tell(t, VQ_EVENT_NOTE, text);
    return run_log_note(&t->log, t->facts.step, text, err);
}

/* End the interval of means: to the log and to the caller. */
vq_status loop_log(loop *t, vq_error *err)
{
    char text[320];
    const int64_t first = t->logged_step, steps = t->facts.step - first;
    if (t->l->measure) {
        vq_status measured =
            t->l->measure(t->l->self, t->facts.step, t->done == 1, err);
        if (measured != VQ_OK)
            return measured;
    }
    vq_progress p = describe(t, VQ_EVENT_LOG);
    vq_status status = run_log_add(&t->log, &p, err);
    if (t->progress)
        t->progress(&p, t->user);
    bool remarkable = t->l->remark(t->l->self, first, steps, text);
    t->l->restart(t->l->self);
    t->logged_step = t->facts.step;
    t->logged_clock = clock_seconds();
    if (status == VQ_OK && remarkable)
        status = loop_note(t, text, err);
    return status;
}

/* ---- saving -------------------------------------------------------------------------
 */

vq_status loop_diverged(const loop *t, vq_error *err, const char *what, const char *is)
{
    char kept[VQ_PATH_MAX + 96] = "nothing was saved yet";
    if (t->saved_step >= 0)
        snprintf(kept, sizeof kept,
                 "the checkpoint of step %" PRId64 " in '%s' is kept", t->saved_step,
                 t->folder.path);
    return vq_fail(err, VQ_EDIVERGED,
                   "training diverged at step %" PRId64
                   ": %s %s; %s; try a lower --lr than %g",
                   t->facts.step + 1, what, is, kept, t->settings->lr);
}

/* Is every number of a checkpoint finite? */
static bool is_finite(const learner *l)
{
    learner_state state = {.n_buffers = 0};
    l->give(l->self, &state);
    for (int b = 0; b < state.n_buffers; b++)
        if (!all_finite(state.buffer[b].v, state.buffer[b].n))
            return false;
    return true;
}

/* Pictures are no reason to lose a run: a failure is told, and it goes on. */
static vq_status draw(loop *t, vq_error *err)
{
    char curves[VQ_PATH_MAX + 64], text[320];
    vq_error why = {""};
    plot_panel panel[PLOT_PANELS_MAX];
    const int n = t->l->panels(t->l->self, panel);
    run_folder_file(&t->folder, "curves.svg", curves);
    vq_status status = plot_curves(t->log.path, panel, n, curves, &why);
    if (status == VQ_OK && t->l->draw)
        status = t->l->draw(t->l->self, t->folder.path, &why);
    if (status == VQ_OK)
        return VQ_OK;
    snprintf(text, sizeof text, "no picture of step %" PRId64 ": %.250s", t->facts.step,
             why.message);
    return loop_note(t, text, err);
}

vq_status loop_write_model(loop *t, vq_error *err)
{
    char path[VQ_PATH_MAX + 64];
    run_folder_file(&t->folder, RUN_MODEL, path);
    vq_status status = t->l->save_model(t->l->self, t->facts.step, path, err);
    if (status == VQ_OK)
        status = draw(t, err);
    if (status == VQ_OK)
        loop_tell(t, VQ_EVENT_SAVE, path);
    return status;
}

vq_status loop_save(loop *t, vq_error *err)
{
    char path[VQ_PATH_MAX + 64];
    if (!is_finite(t->l))
        return loop_diverged(t, err, "a weight", "is not finite");
    run_folder_file(&t->folder, RUN_CHECKPOINT, path);
    vq_status status = checkpoint_save(t->l, &t->facts, path, err);
    if (status != VQ_OK)
        return status;
    t->saved_step = t->facts.step;
    return loop_write_model(t, err);
}

vq_status loop_sample(loop *t, vq_error *err)
{
    char name[64], path[VQ_PATH_MAX + 64], text[320];
    vq_error why = {""};
    snprintf(name, sizeof name, RUN_SAMPLE_FORMAT, t->facts.step);
    run_folder_file(&t->folder, name, path);
    if (t->l->sample(t->l->self, path, &why) == VQ_OK)
        return VQ_OK;
    snprintf(text, sizeof text, "no sample: %.300s", why.message);
    return loop_note(t, text, err);
}

vq_status loop_update_model(loop *t, vq_error *err)
{
    char path[VQ_PATH_MAX + 64];
    st_file f;
    run_folder_file(&t->folder, RUN_MODEL, path);
    vq_status status = st_read(&f, path, err);
    if (status == VQ_ENOMEM)
        return status;
    const char *step = status == VQ_OK ? st_metadata(&f, "step") : NULL;
    const bool current = step && strtoll(step, NULL, 10) == t->facts.step;
    st_release(&f);
    return current ? VQ_OK : loop_write_model(t, err);
}
