/* SPDX-License-Identifier: MIT */
#include "cli/models.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"

const char *models_named(const args *a)
{
    const char *name = args_value(a, "model");
    if (!name)
        name = getenv("VQVAE_MODEL");
    return name && (name[0] || args_has(a, "model")) ? name : NULL;
}

bool models_is_name(const char *word)
{
    const char *name;
    for (int i = 0; (name = vq_model_name_at(i)); i++)
        if (strcmp(word, name) == 0)
            return true;
    return strcmp(word, "latest") == 0;
}

vq_status models_open(vq_model **model, const char *name, const args *a, vq_error *err)
{
    vq_status status;
    int passes, threads;
    *model = NULL;
    TRY(cli_refine(a, &passes, err));
    TRY(cli_int(a, "threads", 0, 1024, 0, &threads, err));
    TRY(vq_model_open(model, name, err));
    TRY(cli_check_kept(a, vq_model_source(*model), err));
    vq_model_set_threads(*model, threads);
    vq_model_set_refine(*model, passes);
    cli_note(a, "model: %s", vq_model_source(*model));
    if (vq_model_note(*model))
        cli_note(a, "note: %s", vq_model_note(*model));
out:
    return status;
}

vq_status models_open_for_size(vq_model **model, int width, int height, const args *a,
                               vq_error *err)
{
    const char *named = models_named(a);
    return models_open(model, named ? named : vq_model_for_size(width, height), a, err);
}

vq_status models_open_for_data(vq_model **model, const char *data, const char *data_dir,
                               const args *a, vq_error *err)
{
    vq_status status = VQ_OK;
    const char *name = models_named(a);
    *model = NULL;
    if (!name)
        TRY(vq_model_for_data(&name, data, data_dir, err));
    TRY(models_open(model, name, a, err));
out:
    return status;
}

vq_status models_open_for_codes(vq_model **model, const vq_codes *codes, const args *a,
                                vq_error *err)
{
    vq_status status = VQ_OK;
    const char *name = models_named(a);
    *model = NULL;
    if (!name)
        TRY(vq_model_for_codes(&name, codes, err));
    TRY(models_open(model, name, a, err));
out:
    return status;
}

vq_status models_open_prior(vq_prior **prior, const args *a, vq_error *err)
{
    vq_status status;
    vq_prior_info info;
    int threads;
    *prior = NULL;
    TRY(cli_int(a, "threads", 0, 1024, 0, &threads, err));
    TRY(vq_prior_open(prior, args_value(a, "prior"), err));
    vq_prior_set_threads(*prior, threads);
    vq_prior_describe(*prior, &info);
    TRY(cli_check_kept(a, info.source, err));
    cli_note(a, "prior: %s", info.source);
out:
    return status;
}

/* The name of the model whose codes a prior learned; where it does not say, NULL. */
static vq_status find_model(const char **name, vq_prior *prior, vq_error *err)
{
    vq_prior_info info;
    vq_prior_describe(prior, &info);
    *name = NULL;
    if (!info.model)
        return VQ_OK;
    vq_status status = vq_model_for_fingerprint(name, info.model, err);
    if (status == VQ_OK && !*name)
        return vq_fail(err, VQ_EINPUT,
                       "the prior '%s' learned the codes of the model %016" PRIx64
                       ", which is neither built in nor the latest: give --model",
                       info.source, info.model);
    return status;
}

vq_status models_open_both(vq_model **model, vq_prior **prior, const args *a,
                           vq_error *err)
{
    vq_status status;
    const char *name = models_named(a);
    *model = NULL;
    TRY(models_open_prior(prior, a, err));
    if (!name)
        TRY(find_model(&name, *prior, err));
    TRY(models_open(model, name, a, err));
    TRY(vq_prior_fits(*prior, *model, err));
out:
    return status;
}
