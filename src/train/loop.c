/* SPDX-License-Identifier: MIT */
#include "train/loop.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cluster/cluster.h"
#include "tensor/simd.h"
#include "train/loop_state.h"
#include "train/ranks.h"
#include "train/schedule.h"

void loop_name(const char *data, const char *kind, char name[VQ_PATH_MAX])
{
    const char *slash = strrchr(data, '/'), *last = slash ? slash + 1 : data;
    bool unnamed = !*last || strcmp(last, ".") == 0 || strcmp(last, "..") == 0;
    char *real = unnamed ? realpath(data, NULL) : NULL;
    if (unnamed)
        last = real ? strrchr(real, '/') + 1 : "";
    snprintf(name, VQ_PATH_MAX, "%.200s-%s", *last ? last : "data", kind);
    free(real);
}

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
                           .lr = c->lr,
                           .bf16 = c->precision == VQ_BF16};
}

/* ---- opening ------------------------------------------------------------------------
 */

/* A learner_watch: the data is being looked through. */
static bool tell_load(void *user, int64_t done, int64_t all)
{
    const loop *t = user;
    vq_progress p = {.event = VQ_EVENT_LOAD, .step = done, .steps = all};
    return t->progress && t->progress(&p, t->user) != 0;
}

/* A new run: first weights, then the folder. Nothing is written when either fails. */
static vq_status begin(loop *t, vq_error *err)
{
    char *json = NULL;
    vq_status status;
    TRY(ranks_agree(t->l->begin(t->l->self, err), err));
    TRY(ranks_compare_weights(t->l, err));
    TRY(t->l->describe(t->l->self, t->folder.run, &json, err));
    if (t->leads)
        TRY(run_folder_begin(&t->folder, json, err));
    t->saved_step = -1;
out:
    free(json);
    return status;
}

/* The checkpoint, which rank 0 reads for all. */
static vq_status load(loop *t, char data_note[320], vq_error *err)
{
    char path[VQ_PATH_MAX + 64], *json = NULL;
    vq_status status = VQ_OK;
    if (!t->leads)
        goto out;
    run_folder_file(&t->folder, RUN_CHECKPOINT, path);
    TRY(checkpoint_load(t->l, &t->facts, path, data_note, err));
    TRY(t->l->describe(t->l->self, t->folder.run, &json, err));
    TRY(run_folder_describe(&t->folder, json, err));
out:
    free(json);
    return status;
}

/* The weights and counters of the checkpoint; the data may have something to say. */
static vq_status resume(loop *t, char data_note[320], vq_error *err)
{
    vq_status status;
    TRY(ranks_agree(load(t, data_note, err), err));
    TRY(ranks_share_state(t->l, &t->facts, err));
    t->saved_step = t->first_step = t->logged_step = t->facts.step;
out:
    return status;
}

/* The log, and the link to the newest run. */
static vq_status open_log(loop *t, char link_note[320], vq_error *err)
{
    char path[VQ_PATH_MAX + 64];
    if (!t->leads)
        return VQ_OK;
    run_folder_file(&t->folder, RUN_LOG, path);
    vq_status status = run_log_open(&t->log, path, t->saved_step, err);
    if (status == VQ_OK)
        run_folder_link_latest(&t->folder, link_note);
    return status;
}

/* Ranks for which a batch has no work are told of. */
static vq_status note_idle_ranks(loop *t, vq_error *err)
{
    char text[160];
    const int ranks = cluster_ranks(),
              shares = t->l->shares ? t->l->shares(t->l->self) : ranks;
    if (shares >= ranks)
        return VQ_OK;
    snprintf(
        text, sizeof text,
        "a batch of %d keeps %d ranks busy, of %d: a larger --batch-size would more",
        t->settings->batch_size, shares, ranks);
    return loop_note(t, text, err);
}

static vq_status note_slow_products(loop *t, vq_error *err)
{
    return t->settings->bf16 && !simd_best()->has_bf16
               ? loop_note(t, "no AVX512-BF16 here: bf16 is slower than fp32", err)
               : VQ_OK;
}

/* What the learner has to tell of its data. */
static vq_status note_all(loop *t, vq_error *err)
{
    vq_status status = VQ_OK;
    const char *text = NULL;
    for (int i = 0; t->l->note && (text = t->l->note(t->l->self, i)); i++)
        if (text[0])
            TRY(loop_note(t, text, err));
out:
    return status;
}

static vq_status open_run(loop *t, vq_error *err)
{
    const loop_settings *s = t->settings;
    char data_note[320] = "", link_note[320] = "";
    bool resumes = s->resume;
    vq_status status = VQ_OK;
    if (t->leads)
        status = run_folder_open(&t->folder, s->latest ? s->latest : RUN_LATEST,
                                 s->name, s->out, s->resume, s->force, err);
    resumes = t->folder.has_checkpoint && s->resume;
    TRY(cluster_agree(status, &resumes, sizeof resumes, err));
    TRY(ranks_agree(t->l->open(t->l->self, tell_load, t, &t->epoch, err), err));
    TRY(ranks_compare(t->l, err));
    if (s->time_budget == 0)
        t->steps = s->steps > 0 ? s->steps : (int64_t)ceil(s->epochs * t->epoch);
    t->facts.run = t->folder.run;
    if (resumes)
        TRY(resume(t, data_note, err));
    else
        TRY(begin(t, err));
    TRY(ranks_agree(t->l->ready(t->l->self, err), err));
    TRY(open_log(t, link_note, err));
    if (link_note[0])
        TRY(loop_note(t, link_note, err));
    TRY(note_all(t, err));
    TRY(note_idle_ranks(t, err));
    TRY(note_slow_products(t, err));
    if (data_note[0])
        TRY(loop_note(t, data_note, err));
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
    char is[64];
    vq_status status;
    TRY(t->l->gradient(t->l->self, t->facts.step, t->done, &fault, err));
    snprintf(is, sizeof is, "is not finite or above %g", LEARNER_LOSS_MOST);
    if (fault)
        return loop_diverged(t, err, fault, is);
    TRY(t->l->update(t->l->self, t->done, err));
    t->facts.step++;
    note_progress(t);
out:
    return status;
}

/* What is told and written after a step, by rank 0. */
static vq_status after_step(loop *t, bool *stop, vq_error *err)
{
    const loop_settings *s = t->settings;
    vq_status status = VQ_OK;
    *stop = loop_tell(t, VQ_EVENT_STEP, NULL);
    if (due(t, s->log_every))
        TRY(loop_log(t, err));
    if (due(t, s->sample_every))
        TRY(loop_sample(t, err));
    if (due(t, s->save_every))
        TRY(loop_save(t, err));
out:
    return status;
}

/* Rank 0's word of how it went, which holds for all: its clock, and whom it listens to.
 */
static vq_status hear(loop *t, vq_status mine, bool *stop, vq_error *err)
{
    struct {
        double done;
        bool stop;
    } word = {t->done, *stop};
    vq_status status = cluster_agree(mine, &word, sizeof word, err);
    t->done = word.done;
    *stop = word.stop;
    return status;
}

/* What is left to write when the training ends, by rank 0. */
static vq_status finish(loop *t, bool stopped, vq_error *err)
{
    vq_status status = VQ_OK;
    if (t->saved_step != t->facts.step && t->facts.step > t->first_step)
        TRY(loop_save(t, err));
    else if (t->saved_step == t->facts.step && t->facts.step == t->first_step)
        TRY(loop_update_model(t, err));
    if (!stopped || t->done == 1)
        goto out;
    if (t->saved_step < 0)
        TRY(vq_fail(err, VQ_ESTOPPED, "stopped before the first step"));
    status = vq_fail(err, VQ_ESTOPPED, "stopped at step %" PRId64 ", saved in '%s'",
                     t->facts.step, t->folder.path);
out:
    return status;
}

static vq_status train(loop *t, vq_error *err)
{
    vq_status status = VQ_OK;
    bool stop = loop_tell(t, VQ_EVENT_START, t->folder.path);
    if (t->leads && t->settings->sample_first && t->facts.step == 0)
        status = loop_sample(t, err);
    t->logged_clock = clock_seconds();
    t->began = t->logged_clock - t->facts.seconds;
    note_progress(t);
    TRY(hear(t, status, &stop, err));
    while (t->done < 1 && !stop) {
        TRY(step(t, err));
        status = t->leads ? after_step(t, &stop, err) : VQ_OK;
        TRY(hear(t, status, &stop, err));
    }
    status = t->leads ? finish(t, stop, err) : VQ_OK;
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
    loop t = {.settings = settings, .l = l, .user = user, .saved_step = -1};
    t.leads = cluster_rank() == 0;
    t.progress = t.leads ? progress : NULL;
    vq_status status = open_run(&t, err);
    if (status == VQ_OK)
        status = train(&t, err);
    status = ranks_agree(status, err);
    if (cluster_dead() >= 0)
        status = ranks_tell_death(t.saved_step, t.folder.path, err);
    l->close(l->self);
    run_log_close(&t.log);
    run_folder_close(&t.folder);
    return status;
}
