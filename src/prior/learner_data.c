/*
 * SPDX-License-Identifier: MIT
 *
 * What a prior learns from: the codes, which pictures are held out, and the batches.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/path.h"
#include "codec/locate.h"
#include "data/dataset.h"
#include "prior/learner.h"
#include "train/run_folder.h"

/* ---- opening ----------------------------------------------------------------------
 */

static vq_status describe_paths(prior_trainer *t, const char *name, vq_error *err)
{
    vq_prior_config *d = &t->described;
    vq_status status;
    *d = t->config;
    snprintf(d->model, sizeof d->model, "%s", name);
    TRY(locate_settle(d->model, err));
    TRY(dataset_settle(d->training.data, err));
    TRY(dataset_settle(d->training.data_dir, err));
    TRY(dataset_settle(d->training.init, err));
    TRY(dataset_settle(d->training.order, err));
out:
    return status;
}

/* The model that the settings name, else $VQVAE_MODEL, else what fits the data. */
static vq_status choose_model(const prior_trainer *t, const char **name, vq_error *err)
{
    const vq_config *c = &t->config.training;
    const char *usual = getenv("VQVAE_MODEL");
    *name = t->config.model[0] ? t->config.model : usual;
    return *name && (*name)[0] ? VQ_OK
                               : vq_model_for_data(name, c->data, c->data_dir, err);
}

/* The model stays, as its prior is nothing without it. */
static vq_status check_model_kept(const prior_trainer *t, vq_error *err)
{
    const char *out = t->config.training.out;
    char own[VQ_PATH_MAX];
    if (out[0] && file_join(own, out, RUN_MODEL, NULL) == VQ_OK &&
        path_same(own, vq_model_source(t->model)))
        return vq_fail(err, VQ_EUSAGE,
                       "'%s' holds the model that the prior belongs to: choose "
                       "another --out",
                       out);
    return VQ_OK;
}

/* Hold out `validation` pictures, evenly spread. */
static vq_status split_pictures(prior_trainer *t, vq_error *err)
{
    const int64_t n = t->corpus.pictures, held = t->config.validation;
    if (held >= n)
        return vq_fail(err, VQ_EUSAGE,
                       "'%s' has %lld pictures, too few to hold out %lld of them: "
                       "--validation 0 holds out none",
                       t->config.training.data, (long long)n, (long long)held);
    t->train = malloc((size_t)n * sizeof *t->train);
    t->valid = malloc((size_t)(held ? held : 1) * sizeof *t->valid);
    if (!t->train || !t->valid)
        return vq_fail_memory(err, (size_t)n * sizeof *t->train);
    for (int64_t i = 0; i < n; i++)
        if ((i + 1) * held / n > i * held / n)
            t->valid[t->n_valid++] = i;
        else
            t->train[t->n_train++] = i;
    return VQ_OK;
}

static int64_t entries(const prior_trainer *t)
{
    return t->corpus.n / t->corpus.pictures * t->n_train;
}

static vq_status open_sampler(prior_trainer *t, vq_error *err)
{
    const vq_config *c = &t->config.training;
    if (!c->order[0])
        return sampler_init(&t->sampler, SAMPLER_EPOCHS, entries(t), c->batch_size,
                            c->seed, err);
    return sampler_init_file(&t->sampler, c->order, entries(t), c->batch_size, err);
}

static prior_shape shape_of(const prior_trainer *t)
{
    const vq_prior_config *c = &t->config;
    bool told = !c->unconditional && t->corpus.classes > 0;
    return (prior_shape){.codes = t->corpus.k,
                         .books = t->corpus.n_books,
                         .classes = told ? t->corpus.classes + (c->nameless > 0) : 0,
                         .width = c->width,
                         .depth = c->depth,
                         .first = c->first_kernel,
                         .kernel = c->kernel,
                         .hidden = c->head};
}

/* 52 bits that tell the codes and their order apart. */
static int64_t hash_codes(const corpus *c)
{
    uint64_t hash = 0xcbf29ce484222325u;
    size_t count = (size_t)c->n * (size_t)(c->h * c->w * c->n_books);
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ (uint32_t)c->codes[i]) * 0x100000001b3u;
    for (int64_t i = 0; i < c->pictures; i++)
        hash = (hash ^ (uint32_t)c->label[i]) * 0x100000001b3u;
    return (int64_t)(hash >> 12);
}

vq_status prior_trainer_open(void *self, learner_watch watch, void *user, double *epoch,
                             vq_error *err)
{
    prior_trainer *t = self;
    const vq_config *c = &t->config.training;
    const char *name;
    vq_status status;
    TRY(choose_model(t, &name, err));
    TRY(vq_model_open(&t->model, name, err));
    TRY(check_model_kept(t, err));
    vq_model_set_threads(t->model, c->threads);
    vq_model_set_refine(t->model, t->config.refine);
    TRY(describe_paths(t, name, err));
    const corpus_request r = {.data = c->data,
                              .data_dir = c->data_dir,
                              .split = SPLIT_TRAIN,
                              .cache = c->cache,
                              .bad = c->skip_bad ? SOURCE_BAD_SKIP : SOURCE_BAD_OFFER,
                              .threads = c->threads,
                              .side = c->crop,
                              .mirror = t->config.flip,
                              .seed = c->seed,
                              .watch = watch,
                              .user = user};
    TRY(corpus_open(&t->corpus, t->model, &r, err));
    t->hash = hash_codes(&t->corpus);
    TRY(split_pictures(t, err));
    TRY(open_sampler(t, err));
    t->batch = malloc((size_t)c->batch_size * sizeof *t->batch);
    if (!t->batch)
        TRY(vq_fail_memory(err, (size_t)c->batch_size * sizeof *t->batch));
    prior_shape shape = shape_of(t);
    TRY(prior_shape_check(&shape, err));
    TRY(pixelcnn_init(&t->net, &shape, err));
    TRY(adam_init(&t->opt, t->net.p.size, c->lr, false, err));
    t->opt.weight_decay = c->weight_decay;
    size_t size = t->net.p.size * sizeof(float);
    t->best = calloc(1, size);
    t->average = c->weight_ema > 0 ? calloc(1, size) : NULL;
    if (!t->best || (c->weight_ema > 0 && !t->average))
        TRY(vq_fail_memory(err, size));
    *epoch = (double)t->n_train / c->batch_size;
out:
    return status;
}

/* ---- batches ----------------------------------------------------------------------
 */

int prior_trainer_class(const prior_trainer *t, int64_t i)
{
    int label = corpus_label(&t->corpus, i), classes = t->net.shape.classes;
    return label < 0 ? classes - 1 : label;
}

/* Is image i of this batch learned without its class? */
static bool forgets(const prior_trainer *t, int i)
{
    rng r = rng_make(t->config.training.seed, RNG_NAMELESS, (uint32_t)t->step);
    r.position = (uint64_t)i;
    return t->net.shape.classes > t->corpus.classes &&
           (double)rng_uniform(&r, 0, 1) < t->config.nameless;
}

vq_status prior_trainer_load(void *user, int first, int n, float *x, vq_error *err)
{
    const prior_trainer *t = user;
    const prior_shape *shape = &t->net.shape;
    size_t positions = (size_t)(t->corpus.h * t->corpus.w);
    (void)err;
    for (int i = first; i < first + n; i++) {
        int64_t entry = t->batch[i];
        int64_t picture = t->train[entry % t->n_train];
        int label =
            forgets(t, i) ? shape->classes - 1 : prior_trainer_class(t, picture);
        if (entry >= t->n_train)
            picture += t->corpus.pictures; /* its mirror image */
        score_input(shape, corpus_codes(&t->corpus, picture), label, positions, x);
        x += positions * (size_t)pixelcnn_channels(shape);
    }
    return VQ_OK;
}
