/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/run_files.h"
#include "base/status.h"
#include "cli/cli.h"
#include "cli/training.h"

/*
 * What everything else is changed from: the settings of the run to resume, or a preset.
 * A preset repeated at --resume must be the run's, whose other settings stay.
 */
static vq_status start_from(vq_config *config, const args *a, vq_error *err)
{
    const char *preset = args_value(a, "preset"), *out = args_value(a, "out");
    if (!args_has(a, "resume"))
        return vq_config_preset(config, preset ? preset : VQ_PRESET_DEFAULT, err);
    out = out ? out : RUN_LATEST;
    vq_status status = vq_config_load(config, out, err);
    if (status == VQ_OK && preset && strcmp(preset, config->preset) != 0)
        status =
            vq_fail(err, VQ_EUSAGE, "the run in '%s' has the preset '%s', not '%s'",
                    out, config->preset, preset);
    return status;
}

/* The options given, over what config holds. */
static vq_status take_options(vq_config *config, const args *a, vq_error *err)
{
    vq_status status = VQ_OK;
    for (int i = 0; i < a->n_given && status == VQ_OK; i++) {
        const char *name = a->given[i].name, *value = a->given[i].value;
        if (a->given[i].is_library)
            status = vq_config_set(config, name, value ? value : "yes", err);
    }
    return status;
}

/* The architecture of the model to start from is that of the training, unless given. */
static vq_status take_architecture(vq_config *config, const args *a, vq_error *err)
{
    vq_status status;
    char note[VQ_NOTE_MAX];
    TRY(vq_config_take_architecture(config, config->init, note, err));
    if (note[0])
        cli_note(a, "note: %s", note);
    TRY(take_options(config, a, err));
out:
    return status;
}

static vq_status configure(vq_config *config, const args *a, vq_error *err)
{
    vq_status status;
    TRY(training_check_length(a, err));
    TRY(start_from(config, a, err));
    TRY(take_options(config, a, err));
    if (config->init[0] && !args_has(a, "resume"))
        TRY(take_architecture(config, a, err));
    TRY(training_check_given(config, a, err));
out:
    return status;
}

/* The results of a whole training. */
static void print_results(const vq_progress *last, const char *model)
{
    const double held_out = vq_progress_figure(last, "held_out_psnr");
    printf("%s: %lld steps, nmse %.4f, perplexity %.1f", model, (long long)last->step,
           vq_progress_figure(last, "nmse"), vq_progress_figure(last, "perplexity"));
    if (!isnan(held_out))
        printf(", held out %.1f dB", held_out);
    putchar('\n');
}

static void print_use(const void *config, const char *folder,
                      char line[TRAINING_LINE_MAX])
{
    (void)config;
    snprintf(line, TRAINING_LINE_MAX, "vqvae reconstruct --model %s photo.png out.png",
             folder);
}

/* A training_call. */
static vq_status train(const void *config, vq_progress_fn progress, void *user,
                       vq_error *err)
{
    return vq_train(config, progress, user, err);
}

static vq_status run(const args *a, vq_error *err)
{
    vq_config config;
    vq_status status = configure(&config, a, err);
    if (status != VQ_OK)
        return status;
    const training t = {train, &config, print_results, print_use};
    return training_run(a, &t, err);
}

static const option options[] = {
    {{"preset", "best|sonnet|zalando|mishalaskin|paper",
      "start from the settings of this system; the other options change them",
      VQ_PRESET_DEFAULT},
     'p'},
    {.letter = 0},
};

const command cmd_train = {
    .name = "train",
    .purpose = "make a model",
    .summary = "train a model",
    .operands = "",
    .stray = "data",
    .options = options,
    .groups = OPTIONS_TRAINING | OPTION_JSON | OPTION_QUIET,
    .about =
        "Train a model and write it, with its log and pictures of its progress, into a "
        "run folder, by default a new one that runs/latest then links to. Without "
        "--data it learns from "
        "built-in procedural images, so it runs anywhere at once. The defaults below "
        "are those of the preset 'best'; with --init the sizes are those of that "
        "model.\n\n"
        "Interrupted by ^C or by 'kill', it finishes the step and saves; --resume goes "
        "on to the same bytes as if it had never stopped. With --json every log "
        "interval is one JSON object on standard output.",
    .examples = "vqvae train\n"
                "vqvae train --data cifar10 --steps 10000 --out runs/cifar\n"
                "vqvae train --data cifar10 --steps 10000 --out runs/cifar --resume\n"
                "vqvae train --init runs/cifar --data pictures --lr 3e-4\n"
                "vqvae train --preset zalando --codes 1024 --json >log.jsonl",
    .run = run,
};
