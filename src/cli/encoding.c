/* SPDX-License-Identifier: MIT */
#include "cli/encoding.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/decimal.h"
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
    return status;
}

int64_t encoding_file_bytes(const char *path)
{
    struct stat info;
    const bool file =
        strcmp(path, "-") != 0 && stat(path, &info) == 0 && S_ISREG(info.st_mode);
    return file ? info.st_size : 0;
}

void encoding_note(const args *a, const char *output, const vq_token_sums *sums)
{
    char number[32], pictures[64] = "", in[64] = "";
    const char *name = strcmp(a->operand[0], "-") == 0 ? "standard input"
                       : a->n_operands == 1            ? a->operand[0]
                                                       : "in all";
    if (sums->written == 0)
        return;
    decimal_grouped(sums->pictures, number);
    if (sums->pictures > 1)
        snprintf(pictures, sizeof pictures, ": %s pictures", number);
    decimal_grouped(sums->bytes, number);
    if (sums->bytes > 0) /* nobody counted those of a pipe */
        snprintf(in, sizeof in, "%s %s bytes%s", pictures[0] ? "," : ":", number,
                 sums->of_pixels ? " of pixels" : "");
    decimal_grouped(sums->written, number);
    cli_note(a, "%s%s%s -> %s: %s bytes, %.4f bits a pixel", name, pictures, in, output,
             number, 8.0 * (double)sums->written / (double)sums->pixels);
}
