/* SPDX-License-Identifier: MIT */
#include "cli/training.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/run_files.h"
#include "base/status.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/text.h"

/* What the callback keeps between events. */
typedef struct watch {
    progress progress;
    bool json;
    bool show;                /* progress and notes on stderr */
    bool stopping;            /* the user has been told */
    vq_status status;         /* of printing to stdout: a failure ends the training */
    vq_error err;             /* of that failure */
    vq_progress log;          /* the last interval */
    int64_t begun_at;         /* step; above 0 when resumed */
    char folder[VQ_PATH_MAX]; /* empty until there is one */
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
    snprintf(w->folder, sizeof w->folder, "%s", now->text);
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

/* What came of it, and how to use that. */
static void tell_result(const watch *w, const training *t)
{
    char model[VQ_PATH_MAX + 32], folder[4 * VQ_PATH_MAX], use[TRAINING_LINE_MAX];
    snprintf(model, sizeof model, "%s/" RUN_MODEL, w->folder);
    if (w->log.step)
        t->print(&w->log, model);
    else
        printf("%s: %lld steps, nothing left to train\n", model,
               (long long)w->begun_at);
    if (!w->show || !text_shell_word(folder, sizeof folder, w->folder))
        return;
    t->use(t->config, folder, use);
    fflush(stdout);
    fputs("use it: ", stderr);
    text_print(stderr, use);
    fputc('\n', stderr);
}

vq_status training_run(const args *a, const training *t, vq_error *err)
{
    watch w = {.json = args_has(a, "json")};
    /* JSON on a terminal would be torn by a live line, and shows the progress itself */
    w.show = !args_has(a, "quiet") && !(w.json && isatty(STDOUT_FILENO));
    signals_catch();
    progress_init(&w.progress, stderr);
    vq_status status = t->call(t->config, on_event, &w, err);
    progress_end(&w.progress);

    if (w.status != VQ_OK) { /* why it was stopped */
        *err = w.err;
        return w.status;
    }
    if (status == VQ_ESTOPPED && w.folder[0]) { /* it had a run folder */
        vq_error told = *err;
        return vq_fail(err, status, "%s; --resume continues", told.message);
    }
    if (status == VQ_OK && !w.json)
        tell_result(&w, t);
    return status;
}

vq_status training_check_length(const args *a, vq_error *err)
{
    if (args_has(a, "steps") + args_has(a, "epochs") + args_has(a, "time-budget") > 1)
        return vq_fail(err, VQ_EUSAGE,
                       "give one of --steps, --epochs and --time-budget");
    static const char *const lengths[] = {"steps", "epochs", "time-budget"};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const char *text = args_value(a, lengths[i]);
        vq_config c;
        if (!text || vq_config_preset(&c, VQ_PRESET_DEFAULT, err) != VQ_OK ||
            vq_config_set(&c, lengths[i], text, err) != VQ_OK)
            continue; /* whoever takes the option says what is wrong with it */
        if (strcmp(lengths[i], "steps") == 0 ? c.steps == 0 : c.steps > 0)
            return vq_fail(err, VQ_EUSAGE, "--%s %s trains nothing", lengths[i], text);
    }
    return VQ_OK;
}

vq_status training_check_given(const vq_config *config, const args *a, vq_error *err)
{
    const char **names = calloc((size_t)a->n_given + 1, sizeof *names);
    if (!names)
        return vq_fail_memory(err, (size_t)a->n_given * sizeof *names);
    for (int i = 0; i < a->n_given; i++)
        names[i] = a->given[i].name;
    vq_status status = vq_config_check_given(config, names, a->n_given, err);
    free(names);
    return status;
}
