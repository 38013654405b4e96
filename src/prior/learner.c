/* SPDX-License-Identifier: MIT */
#include "prior/learner.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/run_files.h"
#include "prior/prior.h"
#include "prior/prior_charts.h"
#include "train/loop.h"
#include "train/schedule.h"

/* ---- beginning --------------------------------------------------------------------
 */

static vq_status trainer_describe(void *self, int64_t number, char **json,
                                  vq_error *err)
{
    prior_trainer *t = self;
    t->described.training.run = number;
    return prior_config_to_json(&t->described, json, err);
}

/* Fresh values, or those of --init. */
static vq_status trainer_begin(void *self, vq_error *err)
{
    prior_trainer *t = self;
    const char *init = t->config.training.init;
    st_file f = {0};
    pixelcnn from = {0};
    prior_facts facts;
    vq_status status = VQ_OK;
    pixelcnn_draw(&t->net, t->config.training.seed);
    if (init[0]) {
        TRY(st_read(&f, init, err));
        TRY(prior_load(&from, &facts, &f, init, err));
        if (memcmp(&from.shape, &t->net.shape, sizeof from.shape) != 0)
            TRY(vq_fail(err, VQ_EINPUT,
                        "'%s' is a prior of other sizes than the options ask for",
                        init));
        memcpy(t->net.p.value, from.p.value, t->net.p.size * sizeof(float));
    }
    if (t->average)
        memcpy(t->average, t->net.p.value, t->net.p.size * sizeof(float));
out:
    pixelcnn_release(&from);
    st_release(&f);
    return status;
}

static vq_status trainer_ready(void *self, vq_error *err)
{
    prior_trainer *t = self;
    const vq_config *c = &t->config.training;
    vq_status status;
    t->nodes = pixelcnn_graph(&t->net, &t->g, t->corpus.h, t->corpus.w,
                              c->precision == VQ_BF16 ? CONV_BF16 : CONV_FASTEST,
                              (float)t->config.dropout);
    TRY(graph_plan(&t->g, score_shard(t->corpus.h, t->corpus.w), GRAPH_TRAIN, err));
    TRY(stepper_init(&t->stepper, &t->g, &t->net.p, c->batch_size, c->threads, err));
    t->stepper.wants_norm = c->clip > 0;
    if (t->n_valid > 0)
        TRY(score_open(&t->scorer, &t->net, t->corpus.h, t->corpus.w, c->threads, err));
out:
    return status;
}

static int trainer_shares(void *self)
{
    return ((prior_trainer *)self)->stepper.n_slots;
}

static void trainer_close(void *self)
{
    prior_trainer *t = self;
    score_close(&t->scorer);
    stepper_release(&t->stepper);
    adam_release(&t->opt);
    pixelcnn_release(&t->net);
    sampler_release(&t->sampler);
    corpus_release(&t->corpus);
    vq_model_close(t->model);
    free(t->train);
    free(t->valid);
    free(t->batch);
    free(t->average);
    free(t->best);
}

/* ---- validation -------------------------------------------------------------------
 */

/* A score_grid. */
static const int32_t *valid_grid(void *user, int64_t i, int *label)
{
    const prior_trainer *t = user;
    *label = prior_trainer_class(t, t->valid[i]);
    return corpus_codes(&t->corpus, t->valid[i]);
}

static const float *current(const prior_trainer *t)
{
    return t->average ? t->average : t->net.p.value;
}

static double validate(prior_trainer *t)
{
    return score_run(&t->scorer, current(t), t->n_valid, valid_grid, t).nats;
}

/* Once an epoch, at steps that depend on nothing else, so that a resumed run keeps the
 * same weights. */
static void validate_epoch(prior_trainer *t, int64_t step)
{
    int64_t every = t->n_train / t->config.training.batch_size;
    if (t->n_valid == 0 || step % (every > 0 ? every : 1) != 0)
        return;
    t->valid_nats = validate(t);
    t->valid_step = step;
    if (t->best_nats > 0 && !(t->valid_nats < t->best_nats))
        return;
    t->best_nats = t->valid_nats;
    t->best_step = step;
    memcpy(t->best, current(t), t->net.p.size * sizeof(float));
}

const float *prior_trainer_result(prior_trainer *t, int64_t step, prior_facts *facts)
{
    double nats = 0;
    if (t->n_valid > 0)
        nats = t->valid_step == step ? t->valid_nats : validate(t);
    bool best = t->best_nats > 0 && !(nats < t->best_nats);
    *facts = (prior_facts){.model = vq_model_fingerprint(t->model),
                           .h = t->corpus.h,
                           .w = t->corpus.w,
                           .nameless = t->net.shape.classes > t->corpus.classes,
                           .step = best ? t->best_step : step,
                           .nats = best ? t->best_nats : nats};
    if (t->net.shape.classes > 0)
        memcpy(facts->classes, t->corpus.names, sizeof facts->classes);
    return best ? t->best : current(t);
}

static vq_status trainer_save_model(void *self, int64_t step, const char *path,
                                    vq_error *err)
{
    prior_trainer *t = self;
    prior_facts facts;
    pixelcnn net = t->net;
    net.p.value = (float *)prior_trainer_result(t, step, &facts);
    return prior_save(&net, &facts, false, path, err);
}

/* ---- a step -----------------------------------------------------------------------
 */

static vq_status trainer_gradient(void *self, int64_t step, double progress,
                                  learner_fault *fault, vq_error *err)
{
    (void)progress;
    prior_trainer *t = self;
    double loss[LOSS_PARTS];
    t->step = step;
    sampler_batch(&t->sampler, step, t->batch);
    for (int i = 0; i < t->stepper.threads; i++) {
        t->stepper.runs[i].draw.seed = t->config.training.seed;
        t->stepper.runs[i].draw.step = (uint32_t)step;
    }
    vq_status status = stepper_gradients(&t->stepper, t->nodes.input,
                                         prior_trainer_load, t, loss, err);
    if (status != VQ_OK)
        return status;
    if (!(loss[LOSS_NATS] <= LEARNER_LOSS_MOST))
        *fault = "the cross-entropy";
    else if (!t->stepper.finite)
        *fault = "a gradient";
    t->now.nats += loss[LOSS_NATS];
    t->now.hits += t->stepper.square;
    t->now.grad_norm += t->stepper.norm;
    return VQ_OK;
}

static vq_status trainer_update(void *self, double progress, vq_error *err)
{
    prior_trainer *t = self;
    const vq_config *c = &t->config.training;
    (void)err;
    t->opt.lr = schedule_lr(c, progress, t->step);
    if (c->clip > 0)
        t->opt.scale = adam_clip(c->clip, t->stepper.norm);
    stepper_update(&t->stepper, &t->opt);
    if (t->average) {
        double done = (double)(t->step + 1), young = (1 + done) / (10 + done);
        double keeps = young < c->weight_ema ? young : c->weight_ema;
        stepper_average(&t->stepper, t->average, 1 - keeps);
    }
    validate_epoch(t, t->step + 1);
    return VQ_OK;
}

/* ---- telling ----------------------------------------------------------------------
 */

static int trainer_figures(void *self, int64_t steps, vq_figure *figure)
{
    const prior_trainer *t = self;
    const double n = steps > 0 ? (double)steps : 1;
    vq_figure *f = figure;
    *f++ = (vq_figure){"nats", t->now.nats / n};
    *f++ = (vq_figure){"bits", t->now.nats / n / log(2)};
    *f++ = (vq_figure){"hits", t->now.hits / n};
    if (t->valid_nats > 0)
        *f++ = (vq_figure){"validation", t->valid_nats};
    *f++ = (vq_figure){"lr", t->opt.lr};
    if (t->config.training.clip > 0)
        *f++ = (vq_figure){"grad_norm", t->now.grad_norm / n};
    return (int)(f - figure);
}

static void trainer_restart(void *self)
{
    prior_trainer *t = self;
    memset(&t->now, 0, sizeof t->now);
}

/* Validation has turned: once in an interval that a worse validation falls into. */
static bool trainer_remark(void *self, int64_t first, int64_t steps, char text[320])
{
    const prior_trainer *t = self;
    (void)steps;
    if (t->valid_step <= first || !(t->valid_nats > t->best_nats * 1.001))
        return false;
    snprintf(text, 320,
             "validation has turned: %.4f nats a code after step %lld, %.4f after step "
             "%lld; those weights are kept",
             t->valid_nats, (long long)t->valid_step, t->best_nats,
             (long long)t->best_step);
    return true;
}

static int trainer_panels(void *self, plot_panel panel[PLOT_PANELS_MAX])
{
    const prior_trainer *t = self;
    return prior_panels(t->net.shape.codes, panel);
}

learner prior_learner(prior_trainer *t)
{
    return (learner){.self = t,
                     .open = prior_trainer_open,
                     .describe = trainer_describe,
                     .begin = trainer_begin,
                     .ready = trainer_ready,
                     .shares = trainer_shares,
                     .setting = prior_trainer_setting,
                     .give = prior_trainer_give,
                     .take = prior_trainer_take,
                     .gradient = trainer_gradient,
                     .update = trainer_update,
                     .figures = trainer_figures,
                     .panels = trainer_panels,
                     .restart = trainer_restart,
                     .remark = trainer_remark,
                     .save_model = trainer_save_model,
                     .sample = prior_trainer_sample,
                     .close = trainer_close};
}

/* ---- the call ---------------------------------------------------------------------
 */

vq_status vq_prior_train(const vq_prior_config *config, vq_progress_fn progress,
                         void *user, vq_error *err)
{
    char name[VQ_PATH_MAX];
    vq_status status = prior_config_check(config, err);
    if (status != VQ_OK)
        return status;
    prior_trainer *t = calloc(1, sizeof *t);
    if (!t)
        return vq_fail_memory(err, sizeof *t);
    t->config = *config;
    const learner l = prior_learner(t);
    loop_name(t->config.training.data, "prior", name);
    loop_settings settings = loop_settings_of(&t->config.training, name);
    settings.latest = RUN_LATEST_PRIOR;
    status = loop_run(&settings, &l, progress, user, err);
    free(t);
    return status;
}
