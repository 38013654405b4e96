/* SPDX-License-Identifier: MIT */
#include "cli/encoding.h"

#include "base/status.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/signals.h"

typedef struct watch {
    progress progress;
    bool show; /* on stderr */
} watch;

/* A vq_progress_fn. */
static int on_event(const vq_progress *now, void *user)
{
    watch *w = user;
    if (w->show && now->event == VQ_EVENT_NOTE)
        progress_note(&w->progress, now->text);
    else if (w->show)
        progress_show(&w->progress, now);
    return signals_caught();
}

vq_status encoding_run(const args *a, vq_model *model, const vq_token_set *set,
                       vq_error *err)
{
    watch w = {.show = !args_has(a, "quiet")};
    signals_catch();
    progress_init(&w.progress, stderr);
    w.progress.what = "encoding";
    vq_status status = vq_encode_set(model, set, on_event, &w, err);
    progress_end(&w.progress);
    if (status == VQ_ESTOPPED && !set->codes) {
        vq_error told = *err;
        return vq_fail(err, status, "%s; --resume goes on", told.message);
    }
    if (status == VQ_OK && set->array)
        cli_note(a, "wrote %s", set->array);
    else if (status == VQ_OK && set->folder)
        cli_note(a, "wrote %s/index.tsv", set->folder);
    return status;
}
