/* SPDX-License-Identifier: MIT */
#include "report/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prior/prior.h"

enum {
    DRAWN = 8,       /* pictures of a class */
    CLASSES_ALL = 40 /* of all runs: there are places for 64 unfinished files */
};

static void why_not(run_measured *m, const vq_error *why)
{
    snprintf(m->why_not, sizeof m->why_not, "%.590s", why->message);
}

/* Does a failure end the report, or only this part of it? */
static bool is_fatal(vq_status status)
{
    return status == VQ_ESTOPPED || status == VQ_ENOMEM;
}

/* ---- a VQ-VAE ----------------------------------------------------------------------
 */

/* Encoding with refined codes takes longer than with the nearest by far. */
#define SHARE_OF_REFINED .9

/* A call's work as a part of the run's. */
typedef struct part {
    const vq_report_request *request;
    double begin, share;
} part;

/* A vq_work_fn. */
static int tell(double done, void *user)
{
    const part *p = user;
    return p->request->work(p->begin + p->share * done, p->request->user);
}

static vq_status name_pictures(run_measured *m, const char *out, vq_error *err)
{
    vq_status status;
    TRY(scratch_name(&m->worst, out, err));
    TRY(scratch_name(&m->best, out, err));
    TRY(scratch_name(&m->atlas, out, err));
out:
    return status;
}

/* Both scores; the pictures and counts are of the codes that encode gives. */
static vq_status score(report_run *r, const vq_report_request *request, vq_error *err)
{
    run_measured *m = &r->measured;
    const vq_config *c =
        r->has_config ? &r->config.training : vq_model_config(r->model);
    const char *folder = request->data_dir ? request->data_dir : c->data_dir;
    const vq_eval_pictures pictures = {.worst = m->worst.path,
                                       .best = m->best.path,
                                       .atlas = m->atlas.path,
                                       .count = m->count,
                                       .most = request->images};
    const vq_eval_pictures none = {.most = request->images};
    part p = {request, 0, SHARE_OF_REFINED};
    vq_status status;
    vq_model_set_threads(r->model, request->threads);
    vq_model_set_work(r->model, tell, &p);
    TRY(vq_evaluate_pictures(r->model, c->data, folder, "test", &pictures, &m->scores,
                             err));
    p = (part){request, SHARE_OF_REFINED, 1 - SHARE_OF_REFINED};
    vq_model_set_refine(r->model, 0);
    TRY(vq_evaluate_pictures(r->model, c->data, folder, "test", &none, &m->plain, err));
    m->scored = true;
out:
    vq_model_set_work(r->model, NULL, NULL);
    vq_model_set_refine(r->model, VQ_REFINE);
    return status;
}

static vq_status measure_model(report_run *r, const vq_report_request *request,
                               const char *out, vq_error *err)
{
    run_measured *m = &r->measured;
    const vq_config *c = vq_model_config(r->model);
    vq_error why = {""};
    m->books = c->levels * c->heads;
    m->k = c->codes;
    m->count = calloc((size_t)m->books * (size_t)m->k, sizeof *m->count);
    if (!m->count)
        return vq_fail_memory(err, (size_t)m->k * sizeof *m->count);
    vq_status status = name_pictures(m, out, &why);
    if (status == VQ_OK)
        status = score(r, request, &why);
    if (status == VQ_OK)
        return VQ_OK;
    free(m->count);
    m->count = NULL;
    why_not(m, &why);
    return is_fatal(status) ? vq_fail(err, status, "%s", why.message) : VQ_OK;
}

/* ---- a prior -----------------------------------------------------------------------
 */

/* The model that the prior's codes are of. */
static vq_status open_its_model(vq_model **model, report_run *r, vq_error *err)
{
    vq_prior_info info;
    vq_prior_describe(r->prior, &info);
    const char *named = r->config.model[0] ? r->config.model : NULL;
    const char *found = NULL;
    vq_status status = VQ_OK;
    *model = NULL;
    if (info.model)
        TRY(vq_model_for_fingerprint(&found, info.model, err));
    if (!found && !named)
        return vq_fail(err, VQ_EINPUT, "the model of its codes is not known");
    TRY(vq_model_open(model, found ? found : named, err));
    TRY(vq_prior_fits(r->prior, *model, err));
out:
    return status;
}

/* The name of a class, or its number. */
static void name_class(const vq_prior *p, int i, char name[64])
{
    const char *from = p->facts.classes;
    for (int k = 0; k < i && from; k++) {
        from = strchr(from, ',');
        from = from ? from + 1 : NULL;
    }
    if (prior_classes(p) == 0)
        strcpy(name, "any");
    else if (from && from[0] && from[0] != ',')
        snprintf(name, 64, "%.*s", (int)strcspn(from, ","), from);
    else
        snprintf(name, 64, "class %d", i);
}

static vq_status draw_class(report_run *r, vq_model *model, int i, const char *out,
                            vq_error *err)
{
    run_measured *m = &r->measured;
    const bool any = prior_classes(r->prior) == 0;
    int label[DRAWN];
    vq_codes codes = {.n = 0};
    vq_image images[DRAWN] = {{0}}, row = {0};
    vq_status status;
    for (int k = 0; k < DRAWN; k++)
        label[k] = any ? -1 : i;
    const vq_sampling how = {.n = DRAWN,
                             .label = label,
                             .temperature = 1,
                             .top_p = 1,
                             .seed = 1 + (uint64_t)i};
    TRY(vq_prior_sample(r->prior, &how, &codes, err));
    TRY(vq_decode_many(model, &codes, 0, DRAWN, images, err));
    TRY(vq_image_grid(&row, images, DRAWN, DRAWN, 2, err));
    TRY(scratch_name(&m->class[i], out, err));
    name_class(r->prior, i, m->class_name[i]);
    m->n_classes = i + 1;
    TRY(vq_image_write(&row, m->class[i].path, err));
out:
    for (int k = 0; k < DRAWN; k++)
        vq_image_release(&images[k]);
    vq_image_release(&row);
    vq_codes_release(&codes);
    return status;
}

/* VQ_ESTOPPED: it is to be the last. */
static vq_status tell_class(part *p, double done, vq_error *err)
{
    return tell(done, p) ? vq_fail(err, VQ_ESTOPPED, "stopped") : VQ_OK;
}

static vq_status measure_prior(report_run *r, const vq_report_request *request,
                               const char *out, vq_error *err)
{
    vq_model *model = NULL;
    vq_error why = {""};
    vq_status status;
    part p = {request, 0, 1};
    const int named = prior_classes(r->prior), share = CLASSES_ALL / request->n_runs;
    const int most = share < RUN_CLASSES_MAX ? share : RUN_CLASSES_MAX;
    const int n = named == 0 ? 1 : named < most ? named : most;
    vq_prior_set_threads(r->prior, request->threads);
    TRY(open_its_model(&model, r, &why));
    vq_model_set_threads(model, request->threads);
    for (int i = 0; i < n; i++) {
        TRY(tell_class(&p, (double)i / n, &why));
        TRY(draw_class(r, model, i, out, &why));
    }
out:
    vq_model_close(model);
    if (status != VQ_OK)
        why_not(&r->measured, &why);
    return is_fatal(status) ? vq_fail(err, status, "%s", why.message) : VQ_OK;
}

vq_status report_run_measure(report_run *r, const vq_report_request *request,
                             const char *out, vq_error *err)
{
    vq_status status = VQ_OK;
    if (request->images == 0 || (!r->model && !r->prior))
        return VQ_OK; /* no_model says why */
    status = r->model ? measure_model(r, request, out, err)
                      : measure_prior(r, request, out, err);
    return status;
}
