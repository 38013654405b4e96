/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "base/status.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/signals.h"

/* What the callback keeps between events. */
typedef struct watch {
    progress progress;
    bool json;
    bool show;        /* progress and notes on stderr */
    bool stopping;    /* the user has been told */
    vq_status status; /* of printing to stdout: a failure ends the training */
    vq_error err;     /* of that failure */
    vq_progress log;  /* the last interval */
    int64_t begun_at; /* step; above 0 when resumed */
    char model[VQ_PATH_MAX + 32];
} watch;

static vq_status print_interval(const vq_progress *p, vq_error *err)
{
    vq_status status;
    json_t *object = json_pack("{sI so}", "step", (json_int_t)p->step, "epoch",
                               cli_json_number(p->epoch));
    for (int i = 0; i < p->n_figures; i++)
        json_object_set_new(object, p->figure[i].name,
                            cli_json_number(p->figure[i].value));
    json_object_set_new(object, "images_per_s", cli_json_number(p->images_per_s));
    TRY(cli_print_json(stdout, object, err));
    TRY(cli_flush(err));
out:
    return status;
}

static void note(watch *w, const char *text)
{
    if (w->show)
        progress_note(&w->progress, text);
}

static void on_start(watch *w, const vq_progress *now)
{
    char line[VQ_PATH_MAX + 32];
    snprintf(line, sizeof line, "run folder: %s", now->text);
    note(w, line);
    snprintf(w->model, sizeof w->model, "%s/model.safetensors", now->text);
    w->begun_at = now->step;
}

static void on_log(watch *w, const vq_progress *now)
{
    w->log = *now;
    w->log.text = NULL; /* borrowed for the call only */
    if (w->json && w->status == VQ_OK)
        w->status = print_interval(now, &w->err);
}

/* A vq_progress_fn. */
static int on_event(const vq_progress *now, void *user)
{
    watch *w = user;
    switch (now->event) {
    case VQ_EVENT_START:
        on_start(w, now);
        break;
    case VQ_EVENT_LOG:
        on_log(w, now);
        if (w->show)
            progress_show(&w->progress, now);
        break;
    case VQ_EVENT_LOAD:
    case VQ_EVENT_STEP:
        if (w->show)
            progress_show(&w->progress, now);
        break;
    case VQ_EVENT_SAVE:
        break;
    case VQ_EVENT_NOTE:
        note(w, now->text);
        break;
    }
    if (signals_caught() && !w->stopping) {
        w->stopping = true;
        note(w, now->event == VQ_EVENT_LOAD
                    ? "stopping"
                    : "stopping after this step; a second signal exits at once");
    }
    return signals_caught() || w->status != VQ_OK;
}

/* True for an option that goes into the configuration by its name. */
static bool is_training_option(const char *name)
{
    vq_option o;
    for (int i = 0; vq_option_at(i, &o); i++)
        if (strcmp(o.name, name) == 0)
            return true;
    return false;
}

/*
 * What everything else is changed from: the settings of the run to resume, or a preset.
 * A preset repeated at --resume must be the run's, whose other settings stay.
 */
static vq_status start_from(vq_config *config, const args *a, vq_error *err)
{
    const char *preset = args_value(a, "preset"), *out = args_value(a, "out");
    if (!args_has(a, "resume"))
        return vq_config_preset(config, preset ? preset : VQ_PRESET_DEFAULT, err);
    out = out ? out : "runs/latest";
    vq_status status = vq_config_load(config, out, err);
    if (status == VQ_OK && preset && strcmp(preset, config->preset) != 0)
        status =
            vq_fail(err, VQ_EUSAGE, "the run in '%s' has the preset '%s', not '%s'",
                    out, config->preset, preset);
    return status;
}

/* The sizes of the model to start from are those of the training, unless given. */
static vq_status take_sizes(vq_config *config, const args *a, vq_error *err)
{
    vq_status status = VQ_OK;
    vq_model *model = NULL;
    const char *init = args_value(a, "init");
    if (!init || !init[0] || args_has(a, "resume"))
        return VQ_OK;
    TRY(vq_model_open(&model, init, err));
    TRY(vq_model_architecture(model, config, err));
    if (vq_model_note(model))
        cli_note(a, "note: %s", vq_model_note(model));
out:
    vq_model_close(model);
    return status;
}

static vq_status configure(vq_config *config, const args *a, vq_error *err)
{
    vq_status status;
    if (args_has(a, "steps") + args_has(a, "epochs") + args_has(a, "time-budget") > 1)
        return vq_fail(err, VQ_EUSAGE,
                       "give one of --steps, --epochs and --time-budget");
    TRY(start_from(config, a, err));
    TRY(take_sizes(config, a, err));
    for (int i = 0; i < a->n_given; i++) {
        const char *name = a->given[i].name, *value = a->given[i].value;
        if (is_training_option(name))
            TRY(vq_config_set(config, name, value ? value : "yes", err));
    }
out:
    return status;
}

static void print_results(const watch *w)
{
    if (w->log.step)
        printf("%s: %lld steps, nmse %.4f, perplexity %.1f\n", w->model,
               (long long)w->log.step, vq_progress_figure(&w->log, "nmse"),
               vq_progress_figure(&w->log, "perplexity"));
    else
        printf("%s: %lld steps, nothing left to train\n", w->model,
               (long long)w->begun_at);
}

static vq_status run(const args *a, vq_error *err)
{
    vq_config config;
    watch w = {.json = args_has(a, "json")};
    /* JSON on a terminal would be torn by a live line, and shows the progress itself */
    w.show = !args_has(a, "quiet") && !(w.json && isatty(STDOUT_FILENO));
    vq_status status = configure(&config, a, err);
    if (status != VQ_OK)
        return status;

    signals_catch();
    progress_init(&w.progress, stderr);
    status = vq_train(&config, on_event, &w, err);
    progress_end(&w.progress);

    if (w.status != VQ_OK) { /* why it was stopped */
        *err = w.err;
        return w.status;
    }
    if (status == VQ_ESTOPPED) {
        vq_error told = *err;
        return vq_fail(err, status, "%s; --resume continues", told.message);
    }
    if (status == VQ_OK && !w.json)
        print_results(&w);
    return status;
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
    .summary = "train a model",
    .operands = "",
    .options = options,
    .groups = OPTIONS_TRAINING | OPTION_JSON | OPTION_QUIET,
    .about =
        "Train a model and write it, with its log and pictures of its progress, into a "
        "run folder, which runs/latest then links to. Without --data it learns from "
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
