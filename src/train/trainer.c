/*
 * SPDX-License-Identifier: MIT
 *
 * vq_train: data and a configuration become a run folder. One step is: the feed names
 * a batch, the stepper runs it forward and backward in shards, Adam and the
 * moving averages update the weights. Everything a step needs is allocated before the
 * first one. Tested in tests/train/test_trainer.c.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "config/config.h"
#include "image/plot.h"
#include "io/safetensors.h"
#include "network/network.h"
#include "network/network_codebook.h"
#include "network/weights.h"
#include "train/checkpoint.h"
#include "train/codebook.h"
#include "train/collapse.h"
#include "train/feed.h"
#include "train/optimize.h"
#include "train/run_folder.h"
#include "train/sample.h"
#include "train/schedule.h"
#include "train/stepper.h"

/* Means since the last log line. */
typedef struct interval {
    double loss[LOSS_PARTS], square, perplexity, grad_norm;
    int64_t steps, revived;
    double started; /* clock */
} interval;

typedef struct trainer {
    const vq_config *config;
    vq_progress_fn progress;
    void *user;

    train_state s;
    feed feed;
    graph g;
    network_nodes nodes;
    stepper step;
    codebook codes;
    run_folder folder;
    sample sample;

    int64_t steps; /* to train to; 0 with a time budget */
    double began;  /* clock, less the seconds trained before */
    double done;   /* share of the training, in [0,1] */
    interval now;
    double *usage; /* [depth,K] code counts since the last save */
    int64_t saved_step;
    collapse collapse;
} trainer;

/* ---- opening ------------------------------------------------------------------------
 */

/* Fresh weights, or those of --init. */
static vq_status fill_weights(trainer *t, vq_error *err)
{
    const vq_config *c = t->config;
    network *net = &t->s.net;
    st_file f = {0};
    vq_status status = VQ_OK;
    network_draw(net);
    if (!c->init[0])
        return VQ_OK;
    bool has_ema = false;
    TRY(st_read(&f, c->init, err));
    TRY(weights_fill(net, &f, c->init, &has_ema, err));
    codebook_adopt(&t->s, has_ema);
out:
    st_release(&f);
    return status;
}

/* The memory that steps run in. */
static vq_status open_machine(trainer *t, vq_error *err)
{
    const vq_config *c = t->config;
    network *net = &t->s.net;
    vq_status status;
    size_t counts = (size_t)c->codes * network_depth(c);
    t->usage = calloc(counts, sizeof *t->usage);
    if (!t->usage)
        return vq_fail_memory(err, counts * sizeof *t->usage);
    t->nodes = network_train_graph(net, &t->g, c->crop, c->crop, t->feed.variance);
    TRY(graph_plan(&t->g, SHARD_IMAGES, GRAPH_TRAIN, err));
    TRY(stepper_init(&t->step, &t->g, &net->p, c->batch_size, c->threads, err));
    TRY(codebook_open(&t->codes, &t->s, t->feed.data.side, t->feed.data.side, err));
    optimize_prepare(&t->s, &t->step);
    TRY(sample_init(&t->sample, optimize_result(&t->s), c, &t->feed.data, err));
out:
    return status;
}

static vq_status trainer_open(trainer *t, vq_error *err)
{
    const vq_config *c = t->config;
    vq_status status;
    TRY(feed_open(&t->feed, c, err));
    if (c->time_budget == 0)
        t->steps = c->steps > 0 ? c->steps : (int64_t)ceil(c->epochs * t->feed.epoch);
    TRY(network_init(&t->s.net, c, err));
    TRY(optimize_init(&t->s, err));
    TRY(run_folder_open(&t->folder, c, err));
    char path[VQ_PATH_MAX + 64];
    run_folder_file(&t->folder, "checkpoint.safetensors", path);
    if (c->resume)
        TRY(checkpoint_load(&t->s, path, err));
    else
        TRY(fill_weights(t, err));
    t->saved_step = c->resume ? t->s.step : -1;
    TRY(open_machine(t, err));
    TRY(run_folder_describe(&t->folder, c, err));
    TRY(run_folder_open_log(&t->folder, c->resume, t->s.step, err));
out:
    return status;
}

static void trainer_close(trainer *t)
{
    sample_release(&t->sample);
    codebook_close(&t->codes);
    stepper_release(&t->step);
    run_folder_close(&t->folder);
    optimize_release(&t->s);
    network_release(&t->s.net);
    feed_close(&t->feed);
    free(t->usage);
}

/* ---- telling ------------------------------------------------------------------------
 */

/* NMSE that belongs to a reconstruction loss, or to the square where that tells none.
 */
static double nmse_of(const trainer *t, double recon, double square)
{
    if (t->config->loss == VQ_LOSS_L1)
        return square / network_input_variance(t->config, t->feed.variance);
    return recon * network_loss_variance(t->config, t->feed.variance) /
           network_input_variance(t->config, t->feed.variance);
}

/* The state of things as a progress record: interval means. */
static vq_progress describe(const trainer *t, vq_event event)
{
    const vq_config *c = t->config;
    const interval *now = &t->now;
    double n = now->steps ? (double)now->steps : 1;
    double seconds = clock_seconds() - now->started;
    vq_progress p = {.event = event, .step = t->s.step, .steps = t->steps};
    p.epoch = (double)t->s.step / t->feed.epoch;
    p.recon = now->loss[LOSS_RECON] / n;
    p.codebook = now->loss[LOSS_CODEBOOK] / n;
    p.commitment = now->loss[LOSS_COMMITMENT] / n;
    p.loss = p.recon + p.codebook + p.commitment;
    p.nmse = nmse_of(t, p.recon, now->square / n);
    p.perplexity = now->perplexity / n;
    p.lr = t->s.opt.lr;
    p.grad_norm = now->grad_norm / n;
    p.revived = now->revived;
    if (now->steps && seconds > 0) {
        p.images_per_s = n * c->batch_size / seconds;
        p.seconds_left = c->time_budget > 0
                             ? fmax(0, (double)c->time_budget - t->s.seconds)
                             : (double)(t->steps - t->s.step) * seconds / n;
    }
    return p;
}

/* Tell the caller; true when it wants to stop. */
static bool tell(const trainer *t, vq_event event, const char *text)
{
    if (!t->progress)
        return false;
    vq_progress p = describe(t, event);
    p.text = text;
    return t->progress(&p, t->user) != 0;
}

static vq_status write_log(trainer *t, vq_error *err)
{
    vq_progress p = describe(t, VQ_EVENT_LOG);
    vq_status status = run_folder_log(&t->folder, &p, err);
    if (t->progress)
        t->progress(&p, t->user);
    int64_t first = t->s.step - t->now.steps;
    t->now = (interval){.started = clock_seconds()};
    char text[320];
    double rows =
        (double)t->config->batch_size * t->nodes.quantize->y.h * t->nodes.quantize->y.w;
    if (status == VQ_OK &&
        collapse_seen(&t->collapse, t->config, first, rows, p.perplexity, text)) {
        status = run_folder_note(&t->folder, t->s.step, text, err);
        tell(t, VQ_EVENT_NOTE, text);
    }
    return status;
}

/* ---- saving -------------------------------------------------------------------------
 */

static vq_status diverged(const trainer *t, vq_error *err, const char *what)
{
    char kept[VQ_PATH_MAX + 96] = "nothing was saved yet";
    if (t->saved_step >= 0)
        snprintf(kept, sizeof kept,
                 "the checkpoint of step %" PRId64 " in '%s' is kept", t->saved_step,
                 t->folder.path);
    return vq_fail(err, VQ_EDIVERGED,
                   "training diverged at step %" PRId64
                   ": %s is not finite; %s; try a lower --lr than %g",
                   t->s.step + 1, what, kept, t->config->lr);
}

static vq_status save(trainer *t, vq_error *err)
{
    char path[VQ_PATH_MAX + 64], log[VQ_PATH_MAX + 64];
    const network *net = &t->s.net;
    vq_status status = VQ_OK;
    for (size_t i = 0; i < net->p.size; i++)
        if (!isfinite(net->p.value[i]))
            return diverged(t, err, "a weight");
    train_facts facts = {t->feed.variance, t->s.step, t->s.nmse, t->s.perplexity};
    run_folder_file(&t->folder, "checkpoint.safetensors", path);
    TRY(checkpoint_save(&t->s, path, err));
    run_folder_file(&t->folder, "usage.svg", path);
    TRY(plot_usage(t->usage, t->config->codes * network_depth(t->config), path, err));
    run_folder_file(&t->folder, "curves.svg", path);
    run_folder_file(&t->folder, "log.jsonl", log);
    TRY(plot_curves(log, path, err));
    run_folder_file(&t->folder, "model.safetensors", path);
    TRY(weights_save(optimize_result(&t->s), &facts, t->s.ema_step, false, path, err));
    memset(t->usage, 0,
           (size_t)t->config->codes * network_depth(t->config) * sizeof *t->usage);
    t->saved_step = t->s.step;
    tell(t, VQ_EVENT_SAVE, path);
out:
    return status;
}

static vq_status write_sample(trainer *t, vq_error *err)
{
    char name[64], path[VQ_PATH_MAX + 64];
    snprintf(name, sizeof name, "samples/%06" PRId64 ".png", t->s.step);
    run_folder_file(&t->folder, name, path);
    return sample_write(&t->sample, path, err);
}

/* ---- a step -------------------------------------------------------------------------
 */

/* What a run begins with and needs images for: codes from encoder outputs, and the
 * average that then starts from all values. */
static vq_status start_run(trainer *t, vq_error *err)
{
    const codebook_source from = {feed_batch, feed_load, &t->feed};
    vq_status status = VQ_OK;
    if (t->config->resume)
        return VQ_OK;
    if (t->config->init_codes == VQ_CODES_KMEANS)
        status =
            codebook_kmeans(&t->s, &from, t->feed.data.side, t->feed.data.side, err);
    optimize_begin(&t->s);
    return status;
}

/*
 * Perplexity of the batch's code histogram, the mean over the books; adds the histogram
 * to the usage.
 */
static double count_codes(trainer *t, const float *count)
{
    const int depth = network_depth(t->config), k = t->config->codes;
    double mean = 0;
    for (int book = 0; book < depth; book++, count += k) {
        double total = 0, entropy = 0;
        for (int i = 0; i < k; i++)
            total += (double)count[i];
        for (int i = 0; i < k; i++) {
            double p = (double)count[i] / total;
            t->usage[(size_t)book * k + i] += (double)count[i];
            entropy -= p > 0 ? p * log(p) : 0;
        }
        mean += exp(entropy) / depth;
    }
    return mean;
}

/* Take one batch's losses and code counts into the means. */
static void note_losses(trainer *t, const double loss[LOSS_PARTS], const float *count)
{
    double perplexity = count_codes(t, count);
    double nmse = nmse_of(t, loss[LOSS_RECON], t->step.square);
    double share = t->s.step == 0 ? 1 : 0.01;
    t->s.nmse += share * (nmse - t->s.nmse);
    t->s.perplexity += share * (perplexity - t->s.perplexity);
    t->now.perplexity += perplexity;
    for (int i = 0; i < LOSS_PARTS; i++)
        t->now.loss[i] += loss[i];
    t->now.square += t->step.square;
    t->now.grad_norm += t->step.norm;
    t->now.steps++;
}

static vq_status train_step(trainer *t, vq_error *err)
{
    static const char *const part_name[LOSS_PARTS] = {
        "the reconstruction loss", "the codebook loss", "the commitment loss"};
    double loss[LOSS_PARTS];
    feed_batch(&t->feed, t->s.step);
    vq_status status =
        stepper_gradients(&t->step, t->nodes.input, feed_load, &t->feed, loss, err);
    if (status != VQ_OK)
        return status;
    for (int i = 0; i < LOSS_PARTS; i++)
        if (!isfinite(loss[i]))
            return diverged(t, err, part_name[i]);
    if (!t->step.finite)
        return diverged(t, err, "a gradient");

    const float *gradient = stepper_gradient(&t->step);
    note_losses(t, loss, gradient + t->s.net.p.table[t->s.net.ema_count].offset);
    optimize(&t->s, &t->step, t->done);
    int revived;
    status = codebook_revive(&t->codes, feed_load, &t->feed, &revived, err);
    t->now.revived += revived;
    return status;
}

/* Is something due that happens every so many steps, and at the end? */
static bool due(const trainer *t, int64_t every)
{
    return t->done == 1 || (every > 0 && t->s.step % every == 0);
}

/* How far the training is, by its steps or by the clock. */
static void note_progress(trainer *t)
{
    const vq_config *c = t->config;
    if (c->time_budget > 0) {
        t->s.seconds = clock_seconds() - t->began;
        t->done = schedule_progress(t->s.seconds, (double)c->time_budget);
    } else
        t->done = schedule_progress((double)t->s.step, (double)t->steps);
}

static vq_status train_all(trainer *t, vq_error *err)
{
    vq_status status = VQ_OK;
    bool stop = tell(t, VQ_EVENT_START, t->folder.path);
    t->now.started = clock_seconds();
    t->began = t->now.started - t->s.seconds;
    note_progress(t);
    while (t->done < 1 && !stop) {
        TRY(train_step(t, err));
        note_progress(t);
        stop = tell(t, VQ_EVENT_STEP, NULL);
        if (due(t, t->config->log_every))
            TRY(write_log(t, err));
        if (due(t, t->config->sample_every))
            TRY(write_sample(t, err));
        if (due(t, t->config->save_every))
            TRY(save(t, err));
    }
    if (t->saved_step != t->s.step)
        TRY(save(t, err));
    if (stop && t->done < 1)
        status = vq_fail(err, VQ_ESTOPPED, "stopped at step %" PRId64 ", saved in '%s'",
                         t->s.step, t->folder.path);
out:
    return status;
}

vq_status vq_train(const vq_config *config, vq_progress_fn progress, void *user,
                   vq_error *err)
{
    vq_status status = config_check(config, err);
    if (status != VQ_OK)
        return status;
    trainer *t = calloc(1, sizeof *t);
    if (!t)
        return vq_fail_memory(err, sizeof *t);
    t->config = config;
    t->progress = progress;
    t->user = user;
    status = trainer_open(t, err);
    if (status == VQ_OK)
        status = start_run(t, err);
    if (status == VQ_OK)
        status = train_all(t, err);
    trainer_close(t);
    free(t);
    return status;
}
