/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/run_files.h"
#include "base/status.h"
#include "cli/text.h"
#include "cli/training.h"

/* The settings of the run to resume, or the defaults; then what was given. */
static vq_status configure(vq_prior_config *config, const args *a, vq_error *err)
{
    vq_status status;
    const char *out = args_value(a, "out");
    TRY(training_check_length(a, err));
    vq_prior_config_default(config);
    if (args_has(a, "resume"))
        TRY(vq_prior_config_load(config, out ? out : RUN_LATEST_PRIOR, err));
    for (int i = 0; i < a->n_given; i++) {
        const char *name = a->given[i].name, *value = a->given[i].value;
        if (a->given[i].is_library)
            TRY(vq_prior_config_set(config, name, value ? value : "yes", err));
    }
    TRY(training_check_given(&config->training, a, err));
out:
    return status;
}

static void print_results(const vq_progress *last, const char *model)
{
    printf("%s: %lld steps, %.3f bits a code", model, (long long)last->step,
           vq_progress_figure(last, "bits"));
    double nats = vq_progress_figure(last, "validation");
    if (nats > 0)
        printf(", validation %.3f", nats / 0.69314718055994531);
    printf("\n");
}

/* The model is found by its fingerprint where it has a name. */
static void print_use(const void *config, const char *folder,
                      char line[TRAINING_LINE_MAX])
{
    const vq_prior_config *c = config;
    char model[VQ_PATH_MAX * 2] = "";
    bool named = c->model[0] && text_shell_word(model, sizeof model, c->model);
    snprintf(line, TRAINING_LINE_MAX, "vqvae sample --prior %s%s%s", folder,
             named ? " --model " : "", named ? model : "");
}

static vq_status train(const void *config, vq_progress_fn progress, void *user,
                       vq_error *err)
{
    return vq_prior_train(config, progress, user, err);
}

static vq_status run(const args *a, vq_error *err)
{
    vq_prior_config config;
    vq_status status = configure(&config, a, err);
    if (status != VQ_OK)
        return status;
    const training t = {train, &config, print_results, print_use};
    return training_run(a, &t, err);
}

const command cmd_prior = {
    .name = "prior",
    .purpose = "make a model",
    .summary = "train a prior over a model's codes",
    .operands = "",
    .stray = "data",
    .groups = OPTIONS_PRIOR | OPTION_JSON | OPTION_QUIET,
    .about =
        "Train a prior, a gated PixelCNN, on the codes that a model gives to a data "
        "set, and write it into a run folder, by default a new one that "
        "runs/latest-prior then links to. "
        "With it, sample draws new pictures, complete finishes old ones, and encode "
        "makes smaller files.\n\n"
        "The pictures are encoded once, when it starts. Some are held out: the weights "
        "that know those best are kept, for priors soon learn a small set by heart. "
        "Labels of the data are its classes.",
    .examples = "vqvae prior --data cifar10 --time-budget 60m --out runs/prior\n"
                "vqvae prior --model model.safetensors --data photos --unconditional\n"
                "vqvae prior --out runs/prior --resume",
    .run = run,
};
