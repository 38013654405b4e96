/*
 * SPDX-License-Identifier: MIT
 *
 * vq_train: the VQ-VAE as a learner. One step is: the feed names a batch, the stepper
 * runs it forward and backward in shards, Adam and the moving averages update the
 * weights. Everything a step needs is allocated before the first one. Tested in
 * tests/train/test_trainer.c.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/cluster.h"
#include "codec/locate.h"
#include "config/checks.h"
#include "config/config.h"
#include "io/model_file.h"
#include "network/quantizer.h"
#include "network/weights.h"
#include "train/charts.h"
#include "train/codebook.h"
#include "train/collapse.h"
#include "train/feed.h"
#include "train/held_out.h"
#include "train/interval.h"
#include "train/loop.h"
#include "train/optimize.h"
#include "train/refined.h"
#include "train/sample.h"
#include "train/schedule.h"

typedef struct trainer {
    vq_config config;
    vq_config described; /* the same with paths that hold in any working directory */
    train_state s;
    feed feed;
    graph g;
    network_nodes nodes;
    stepper step;
    refined refined; /* takes its place at the end, with config.refine_share */
    codebook codes;
    held_out held;
    interval now;
    double *usage; /* [depth,K] code counts since the last picture of them */
    collapse collapse;
} trainer;

/* ---- opening ---- */

static vq_status trainer_open(void *self, learner_watch watch, void *user,
                              double *epoch, vq_error *err)
{
    trainer *t = self;
    vq_status status;
    TRY(feed_open(&t->feed, &t->config, watch, user, err));
    if (cluster_rank() == 0)
        TRY(held_out_open(&t->held, &t->config, &t->feed.data, watch, user, err));
    TRY(network_init(&t->s.net, &t->config, err));
    TRY(optimize_init(&t->s, err));
    t->described = t->config;
    TRY(dataset_settle(t->described.data, err));
    TRY(dataset_settle(t->described.data_dir, err));
    TRY(locate_settle(t->described.init, err));
    TRY(dataset_settle(t->described.order, err));
    *epoch = t->feed.epoch;
out:
    return status;
}

static vq_status trainer_fingerprint(void *self, uint64_t *fingerprint, vq_error *err)
{
    return feed_fingerprint(&((trainer *)self)->feed, fingerprint, err);
}

static const char *trainer_note(void *self, int i)
{
    const trainer *t = self;
    return i == 0 ? t->held.found : i == 1 ? t->feed.data.note : NULL;
}

static vq_status trainer_describe(void *self, int64_t number, char **json,
                                  vq_error *err)
{
    trainer *t = self;
    t->described.run = number;
    return config_to_json(&t->described, json, err);
}

/* Fresh weights, or those of --init. */
static vq_status fill_weights(trainer *t, vq_error *err)
{
    const vq_config *c = &t->config;
    network *net = &t->s.net;
    char path[VQ_PATH_MAX];
    st_file f = {0};
    vq_status status = VQ_OK;
    network_draw(net);
    if (!c->init[0])
        return VQ_OK;
    bool has_ema = false;
    TRY(locate_read(&f, path, c->init, err));
    TRY(weights_fill(net, &f, path, &has_ema, err));
    codebook_adopt(&t->s, has_ema);
out:
    st_release(&f);
    return status;
}

/* First weights, codes from encoder outputs, and the average that starts from both. */
static vq_status trainer_begin(void *self, vq_error *err)
{
    trainer *t = self;
    const codebook_source from = {feed_batch, feed_load, &t->feed};
    vq_status status;
    TRY(fill_weights(t, err));
    if (t->config.init_codes == VQ_CODES_KMEANS)
        TRY(codebook_kmeans(&t->s, &from, t->feed.data.side, t->feed.data.side, err));
    optimize_begin(&t->s);
out:
    return status;
}

/* The memory that steps run in. */
static vq_status trainer_ready(void *self, vq_error *err)
{
    trainer *t = self;
    const vq_config *c = &t->config;
    network *net = &t->s.net;
    vq_status status;
    size_t counts = (size_t)c->codes * network_depth(c);
    t->usage = calloc(counts, sizeof *t->usage);
    if (!t->usage)
        return vq_fail_memory(err, counts * sizeof *t->usage);
    t->nodes = network_train_graph(net, &t->g, c->crop, c->crop, t->feed.variance);
    TRY(graph_plan(&t->g, shard_images((int64_t)c->crop * c->crop), GRAPH_TRAIN, err));
    TRY(stepper_init(&t->step, &t->g, &net->p, c->batch_size, c->threads, err));
    TRY(codebook_open(&t->codes, &t->s, t->feed.data.side, t->feed.data.side, err));
    optimize_prepare(&t->s, &t->step);
    if (c->refine_share > 0) {
        TRY(refined_open(&t->refined, net, c->crop, t->feed.variance, err));
        optimize_prepare(&t->s, &t->refined.step);
    }
    if (cluster_rank() == 0)
        TRY(held_out_ready(&t->held, optimize_result(&t->s), c->threads, err));
out:
    return status;
}

static int trainer_shares(void *self)
{
    return ((trainer *)self)->step.n_slots;
}

static void trainer_close(void *self)
{
    trainer *t = self;
    held_out_close(&t->held);
    codebook_close(&t->codes);
    refined_close(&t->refined);
    stepper_release(&t->step);
    optimize_release(&t->s);
    network_release(&t->s.net);
    feed_close(&t->feed);
    free(t->usage);
}

/* ---- checkpoints ---- */

static bool trainer_setting(void *self, int i, learner_setting *setting)
{
    return state_setting(&((trainer *)self)->described, i, setting);
}

static void trainer_give(void *self, learner_state *state)
{
    const trainer *t = self;
    state_give(&t->s, state);
    state->number[state->n_numbers++] =
        (learner_number){"images", LEARNER_DATA, (double)t->feed.data.n};
    state->number[state->n_numbers++] =
        (learner_number){"variance", LEARNER_DATA, t->feed.variance};
}

static void trainer_take(void *self, const learner_state *state)
{
    state_take(&((trainer *)self)->s, state);
}

/* ---- telling ---- */

static int trainer_figures(void *self, int64_t steps, vq_figure *figure)
{
    const trainer *t = self;
    int n = interval_figures(&t->now, &t->config, t->feed.variance, t->s.opt.lr, steps,
                             figure);
    if (isfinite(t->held.psnr))
        figure[n++] = (vq_figure){"held_out_psnr", t->held.psnr};
    return n;
}

/* Rank 0 alone has pictures for it. */
static vq_status trainer_measure(void *self, int64_t step, bool last, vq_error *err)
{
    return held_out_measure(&((trainer *)self)->held, step, last, err);
}

static void trainer_restart(void *self)
{
    ((trainer *)self)->now = (interval){.revived = 0};
}

static bool trainer_remark(void *self, int64_t first, int64_t steps, char text[320])
{
    trainer *t = self;
    const node *codes = t->nodes.quantize;
    return collapse_seen(&t->collapse, &t->config, first,
                         (double)t->config.batch_size * codes->y.h * codes->y.w,
                         t->now.perplexity / (double)steps, text);
}

/* ---- saving ---- */

static vq_status trainer_save_model(void *self, int64_t step, const char *path,
                                    vq_error *err)
{
    const trainer *t = self;
    const train_facts facts = {t->feed.variance, step, t->s.nmse, t->s.perplexity};
    return weights_save(optimize_result(&t->s), &facts, t->s.ema_step, false, path,
                        err);
}

static int trainer_panels(void *self, plot_panel panel[PLOT_PANELS_MAX])
{
    return charts_panels(&((trainer *)self)->config, panel);
}

static vq_status trainer_draw(void *self, const char *folder, vq_error *err)
{
    trainer *t = self;
    return charts_usage(&t->config, t->usage, folder, err);
}

static vq_status trainer_sample(void *self, const char *png_path, vq_error *err)
{
    return sample_write(&((trainer *)self)->held, png_path, err);
}

/* ---- a step ---- */

/* Take one batch's losses and code counts into the means. */
static void note_losses(trainer *t, const stepper *step, const double loss[LOSS_PARTS])
{
    const network *net = &t->s.net;
    const double perplexity = interval_add(
        &t->now, &t->config, loss, step,
        stepper_gradient(step) + net->p.table[net->ema_count].offset, t->usage);
    const double nmse =
        interval_nmse(&t->config, t->feed.variance, loss[LOSS_RECON], step->square);
    double share = t->s.step == 0 ? 1 : 0.01;
    t->s.nmse += share * (nmse - t->s.nmse);
    t->s.perplexity += share * (perplexity - t->s.perplexity);
}

/* What takes the step at that progress. */
static stepper *stepper_at(trainer *t, double progress)
{
    return schedule_refines(&t->config, progress) ? &t->refined.step : &t->step;
}

static vq_status trainer_gradient(void *self, int64_t step, double progress,
                                  learner_fault *fault, vq_error *err)
{
    static const char *const part_name[LOSS_PARTS] = {
        "the reconstruction loss", "the codebook loss", "the commitment loss"};
    trainer *t = self;
    double loss[LOSS_PARTS];
    t->s.step = step;
    feed_batch(&t->feed, step);
    stepper *at = stepper_at(t, progress);
    vq_status status =
        at == &t->step
            ? stepper_gradients(at, t->nodes.input, feed_load, &t->feed, loss, err)
            : refined_gradients(&t->refined, feed_load, &t->feed, loss, err);
    if (status != VQ_OK)
        return status;
    for (int i = 0; i < LOSS_PARTS; i++)
        if (!(loss[i] <= LEARNER_LOSS_MOST)) {
            *fault = part_name[i];
            return VQ_OK;
        }
    if (!at->finite)
        *fault = "a gradient";
    else
        note_losses(t, at, loss);
    return VQ_OK;
}

static vq_status trainer_update(void *self, double progress, vq_error *err)
{
    trainer *t = self;
    int revived;
    optimize(&t->s, stepper_at(t, progress), progress);
    if (schedule_refines(&t->config, progress))
        return VQ_OK;
    vq_status status = codebook_revive(&t->codes, feed_load, &t->feed, &revived, err);
    t->now.revived += revived;
    return status;
}

/* ---- the call ---- */

vq_status vq_train(const vq_config *config, vq_progress_fn progress, void *user,
                   vq_error *err)
{
    char name[VQ_PATH_MAX];
    vq_status status = config_check(config, err);
    if (status == VQ_OK)
        status = config_check_length(config, err);
    if (status != VQ_OK)
        return status;
    trainer *t = calloc(1, sizeof *t);
    if (!t)
        return vq_fail_memory(err, sizeof *t);
    t->config = *config;
    const learner l = {.self = t,
                       .open = trainer_open,
                       .note = trainer_note,
                       .fingerprint = trainer_fingerprint,
                       .describe = trainer_describe,
                       .begin = trainer_begin,
                       .ready = trainer_ready,
                       .shares = trainer_shares,
                       .setting = trainer_setting,
                       .give = trainer_give,
                       .take = trainer_take,
                       .gradient = trainer_gradient,
                       .update = trainer_update,
                       .figures = trainer_figures,
                       .measure = trainer_measure,
                       .panels = trainer_panels,
                       .restart = trainer_restart,
                       .remark = trainer_remark,
                       .save_model = trainer_save_model,
                       .draw = trainer_draw,
                       .sample = trainer_sample,
                       .close = trainer_close};
    loop_name(config->data, config->preset, name);
    loop_settings settings = loop_settings_of(&t->config, name);
    settings.sample_first = true;
    status = loop_run(&settings, &l, progress, user, err);
    free(t);
    return status;
}
