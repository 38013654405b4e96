/*
 * SPDX-License-Identifier: MIT
 *
 * vq_watch: the log of a training that another process writes, line by line. What that
 * process holds is the lock of the folder. Tested in tests/train/test_run_watch.c.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"
#include "base/regular.h"
#include "config/config_json.h"
#include "train/run_folder.h"

#define CONFIG_MAX ((size_t)1 << 20)
#define NAME_MAX_ 32
#define STEPS_MAX ((int64_t)1 << 53)
#define LINE_MAX 65536 /* bytes; ours are far shorter */

struct vq_watch {
    char folder[VQ_PATH_MAX], path[VQ_PATH_MAX];
    vq_config config; /* of which the length of the training is known, if anything */
    int fd;           /* of the log; -1: there is none yet */
    off_t at;         /* of the first line that was not taken */
    char read[LINE_MAX], *line; /* line: in `read`, what is known from `at` on */
    size_t n_read;              /* bytes of it */
    char name[VQ_FIGURES_MAX][NAME_MAX_];
    int n_names;
    char note[512];
    double seconds; /* trained until `step`, as far as the lines say */
    int64_t step;
};

/* ---- opening -----------------------------------------------------------------------
 */

/* How long it is to train; a configuration that is not there, or is none, leaves that
 * open. VQ_EIO, VQ_ENOMEM. */
static vq_status read_length(vq_watch *w, const char *path, vq_error *err)
{
    static const char *const keys[] = {"steps", "epochs", "time_budget", "batch_size"};
    unsigned char *bytes = NULL;
    size_t size = 0;
    char number[32];
    vq_config_preset(&w->config, VQ_PRESET_DEFAULT, NULL);
    w->config.steps = w->config.time_budget = w->config.batch_size = 0;
    w->config.epochs = 0;
    json_t *object = NULL;
    json_error_t fault;
    vq_error why;
    vq_status status = VQ_OK;
    if (file_exists(path))
        status = regular_read(path, CONFIG_MAX, &bytes, &size, &why);
    if (bytes)
        status = json_parse(&object, bytes, size, &fault, &why);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *value = json_object_get(object, keys[i]);
        const char *text = value ? config_json_text(value, number) : NULL;
        if (text)
            vq_config_set(&w->config, keys[i], text, NULL);
    }
    json_decref(object);
    free(bytes);
    return status == VQ_OK || status == VQ_EINPUT
               ? VQ_OK
               : vq_fail(err, status, "%s", why.message);
}

static vq_status open_folder(vq_watch *w, const char *run, vq_error *err)
{
    char config[VQ_PATH_MAX];
    vq_status status;
    TRY(run_folder_find(w->folder, run, err));
    TRY(file_join(config, w->folder, RUN_CONFIG, err));
    TRY(file_join(w->path, w->folder, RUN_LOG, err));
    if (!file_exists(w->path) && !run_folder_is_locked(w->folder))
        TRY(vq_fail(err, VQ_EINPUT,
                    "'%s' is no run folder with a log, and nobody trains in it",
                    w->folder));
    status = read_length(w, config, err);
out:
    return status;
}

vq_status vq_watch_open(vq_watch **watch, const char *run, vq_error *err)
{
    vq_watch *w = calloc(1, sizeof *w);
    *watch = NULL;
    if (!w)
        return vq_fail_memory(err, sizeof *w);
    w->fd = -1;
    w->line = w->read;
    const vq_status status = open_folder(w, run, err);
    if (status == VQ_OK)
        *watch = w;
    else
        vq_watch_close(w);
    return status;
}

void vq_watch_close(vq_watch *w)
{
    if (!w)
        return;
    fd_close(w->fd);
    free(w);
}

bool vq_watch_goes_on(const vq_watch *w)
{
    return run_folder_is_locked(w->folder);
}

/* ---- lines -------------------------------------------------------------------------
 */

/* The name, where it stays until the watch is closed; NULL: there are too many. */
static const char *keep_name(vq_watch *w, const char *name)
{
    for (int i = 0; i < w->n_names; i++)
        if (strcmp(w->name[i], name) == 0)
            return w->name[i];
    if (w->n_names == VQ_FIGURES_MAX || strlen(name) >= NAME_MAX_)
        return NULL;
    return strcpy(w->name[w->n_names++], name);
}

/* The time trained, that is left, and the step it ends at, as far as can be told. */
static void note_length(vq_watch *w, vq_progress *now)
{
    const vq_config *c = &w->config;
    const double pictures = c->batch_size, speed = now->images_per_s;
    if (speed > 0 && now->step > w->step)
        w->seconds += (double)(now->step - w->step) * pictures / speed;
    w->step = now->step;
    now->seconds_left = -1;
    if (c->time_budget > 0) {
        now->seconds_left = fmax(0, (double)c->time_budget - w->seconds);
        return;
    }
    now->steps = c->steps;
    if (c->steps == 0 && c->epochs > 0 && now->epoch > 0)
        now->steps = (int64_t)fmin(
            ceil(c->epochs * (double)now->step / now->epoch - 1e-6), (double)STEPS_MAX);
    if (speed > 0 && now->steps >= now->step)
        now->seconds_left = (double)(now->steps - now->step) * pictures / speed;
}

/* An object of the log; false: one that tells nothing. */
static bool take_object(vq_watch *w, const json_t *object, vq_progress *now)
{
    const char *key;
    json_t *value;
    const char *note = json_string_value(json_object_get(object, "note"));
    *now = (vq_progress){.event = note ? VQ_EVENT_NOTE : VQ_EVENT_LOG};
    now->step = json_integer_value(json_object_get(object, "step"));
    if (note) {
        snprintf(w->note, sizeof w->note, "%s", note);
        now->text = w->note;
        return true;
    }
    if (now->step <= 0 || now->step > STEPS_MAX)
        return false;
    now->epoch = json_number_value(json_object_get(object, "epoch"));
    now->images_per_s = json_number_value(json_object_get(object, "images_per_s"));
    json_object_foreach((json_t *)object, key, value)
    {
        const bool known = strcmp(key, "step") == 0 || strcmp(key, "epoch") == 0 ||
                           strcmp(key, "images_per_s") == 0;
        const char *name = known || !json_is_number(value) ? NULL : keep_name(w, key);
        if (name)
            now->figure[now->n_figures++] = (vq_figure){name, json_number_value(value)};
    }
    note_length(w, now);
    return true;
}

/* Was the log that is open replaced, or cut? A resumed training writes it anew. */
static bool is_replaced(const vq_watch *w)
{
    struct stat here, there;
    return fstat(w->fd, &here) == 0 && stat(w->path, &there) == 0 &&
           (here.st_ino != there.st_ino || here.st_dev != there.st_dev ||
            there.st_size < w->at);
}

static vq_status fail_read(const vq_watch *w, vq_error *err)
{
    return vq_fail(err, vq_status_of(errno), "cannot read '%s': %s", w->path,
                   strerror(errno));
}

/* Open the log, where there is one; *anew: it is read from its beginning. */
static vq_status open_log(vq_watch *w, bool *anew, vq_error *err)
{
    *anew = false;
    if (w->fd >= 0 && !is_replaced(w))
        return VQ_OK;
    fd_close(w->fd);
    w->fd = -1;
    vq_status status = regular_check(w->path, err);
    if (status != VQ_OK)
        return status;
    w->fd = fd_open(w->path, O_RDONLY, 0);
    w->at = 0;
    w->n_read = 0;
    w->step = 0;
    w->seconds = 0;
    *anew = w->fd >= 0;
    return *anew || errno == ENOENT ? VQ_OK : fail_read(w, err);
}

/*
 * Length of the next whole line; 0: there is none, and one that is being written waits.
 * Of a line that is too long to be ours the parts are taken for lines, and tell
 * nothing.
 */
static vq_status next_line(vq_watch *w, size_t *length, vq_error *err)
{
    *length = 0;
    if (w->fd < 0)
        return VQ_OK;
    char *end = memchr(w->line, '\n', w->n_read);
    if (!end) {
        const ssize_t n = fd_read_at(w->fd, w->read, LINE_MAX, w->at);
        if (n < 0)
            return fail_read(w, err);
        w->line = w->read;
        w->n_read = (size_t)n;
        end = memchr(w->line, '\n', w->n_read);
    }
    if (end)
        *length = (size_t)(end - w->line) + 1;
    else if (w->n_read == LINE_MAX)
        *length = LINE_MAX;
    return VQ_OK;
}

/* Go on behind that much of the line, which is then no longer known. */
static const char *pass(vq_watch *w, size_t length)
{
    const char *line = w->line;
    w->line += length;
    w->n_read -= length;
    w->at += (off_t)length;
    return line;
}

vq_status vq_watch_next(vq_watch *w, vq_progress *now, bool *more, vq_error *err)
{
    vq_status status;
    size_t length;
    TRY(open_log(w, more, err));
    if (*more)
        *now = (vq_progress){.event = VQ_EVENT_START, .text = w->folder};
    while (!*more) {
        json_t *object;
        json_error_t fault;
        TRY(next_line(w, &length, err));
        if (length == 0)
            break;
        TRY(json_parse(&object, pass(w, length), length, &fault, err));
        *more = json_is_object(object) && take_object(w, object, now);
        json_decref(object);
    }
out:
    return status;
}
