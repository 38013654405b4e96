/* SPDX-License-Identifier: MIT */
#include "train/run_folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/file.h"
#include "config/config.h"

void run_folder_file(const run_folder *f, const char *name, char out[VQ_PATH_MAX + 64])
{
    snprintf(out, VQ_PATH_MAX + 64, "%s/%s", f->path, name);
}

static bool holds_run(const run_folder *f)
{
    char config[VQ_PATH_MAX + 64];
    run_folder_file(f, "config.json", config);
    return file_exists(config);
}

/* runs/DATA-PRESET, with the first free number behind it from the second run on. */
static void choose_name(run_folder *f, const vq_config *config)
{
    const char *data = config->data;
    size_t n = strlen(data);
    while (n > 1 && data[n - 1] == '/')
        n--;
    size_t start = n;
    while (start > 0 && data[start - 1] != '/')
        start--;
    for (int i = 1; i < 1000000; i++) {
        char number[16] = "";
        if (i > 1)
            snprintf(number, sizeof number, "-%d", i);
        snprintf(f->path, sizeof f->path, "runs/%.*s-%s%s",
                 (int)(n - start > 200 ? 200 : n - start), data + start, config->preset,
                 number);
        if (!file_exists(f->path))
            return;
    }
}

vq_status run_folder_open(run_folder *f, const vq_config *config, vq_error *err)
{
    *f = (run_folder){0};
    snprintf(f->path, sizeof f->path, "%s", config->out);
    if (!f->path[0] && config->resume)
        snprintf(f->path, sizeof f->path, "runs/latest");
    else if (!f->path[0])
        choose_name(f, config);
    bool there = holds_run(f);
    if (there && !config->resume && !config->force)
        return vq_fail(err, VQ_EUSAGE,
                       "'%s' holds a run: continue it with --resume, overwrite it with "
                       "--force, or choose another --out",
                       f->path);
    if (!there && config->resume)
        return vq_fail(err, VQ_EINPUT, "cannot resume '%s': it holds no run", f->path);
    char samples[VQ_PATH_MAX + 64];
    run_folder_file(f, "samples", samples);
    return file_make_dirs(samples, err);
}

void run_folder_close(run_folder *f)
{
    if (f->log)
        fclose(f->log);
    *f = (run_folder){0};
}

/* Point runs/latest to a run under runs/, replacing the old link at once. */
static vq_status link_latest(const char *path, vq_error *err)
{
    const char *name = path + strlen("runs/");
    if (strncmp(path, "runs/", strlen("runs/")) != 0 || strchr(name, '/') ||
        strcmp(name, "latest") == 0)
        return VQ_OK;
    char temp[64];
    snprintf(temp, sizeof temp, "runs/.latest-%ld", (long)getpid());
    unlink(temp);
    if (symlink(name, temp) != 0 || rename(temp, "runs/latest") != 0) {
        int reason = errno;
        unlink(temp);
        return vq_fail(err, VQ_EIO, "cannot link 'runs/latest' to '%s': %s", name,
                       strerror(reason));
    }
    return VQ_OK;
}

vq_status run_folder_describe(run_folder *f, const vq_config *config, vq_error *err)
{
    char path[VQ_PATH_MAX + 64];
    char *json = NULL;
    vq_status status;
    run_folder_file(f, "config.json", path);
    TRY(config_to_json(config, &json, err));
    TRY(file_write(path, json, strlen(json), err));
    TRY(link_latest(f->path, err));
out:
    free(json);
    return status;
}

/* The part of a log whose lines belong to steps up to `step`: its length in bytes. */
static size_t kept_length(const char *log, size_t size, int64_t step)
{
    size_t at = 0;
    while (at < size) {
        const char *end = memchr(log + at, '\n', size - at);
        if (!end)
            break;
        json_t *line = json_loadb(log + at, (size_t)(end - log) - at, 0, NULL);
        bool keep = line && json_integer_value(json_object_get(line, "step")) <= step;
        json_decref(line);
        if (!keep)
            break;
        at = (size_t)(end - log) + 1;
    }
    return at;
}

vq_status run_folder_open_log(run_folder *f, bool resume, int64_t step, vq_error *err)
{
    char path[VQ_PATH_MAX + 64];
    unsigned char *old = NULL;
    size_t size = 0;
    vq_status status = VQ_OK;
    run_folder_file(f, "log.jsonl", path);
    if (resume && file_exists(path)) {
        TRY(file_read(path, (size_t)1 << 30, &old, &size, err));
        TRY(file_write(path, old, kept_length((char *)old, size, step), err));
    }
    f->log = fopen(path, resume ? "a" : "w");
    if (!f->log)
        status = vq_fail(err, VQ_EIO, "cannot open '%s': %s", path, strerror(errno));
out:
    free(old);
    return status;
}

vq_status run_folder_log(run_folder *f, const vq_progress *p, vq_error *err)
{
    char norm[48] = "";
    if (p->grad_norm > 0)
        snprintf(norm, sizeof norm, ", \"grad_norm\": %.6g", p->grad_norm);
    int n = fprintf(
        f->log,
        "{\"step\": %lld, \"epoch\": %.6g, \"loss\": %.9g, \"recon\": %.9g, "
        "\"codebook\": %.9g, \"commitment\": %.9g, \"nmse\": %.9g, "
        "\"perplexity\": %.6g, \"lr\": %.9g%s, \"revived\": %lld, \"images_per_s\": "
        "%.1f}\n",
        (long long)p->step, p->epoch, p->loss, p->recon, p->codebook, p->commitment,
        p->nmse, p->perplexity, p->lr, norm, (long long)p->revived, p->images_per_s);
    if (n < 0 || fflush(f->log) != 0)
        return vq_fail(err, VQ_EIO, "cannot write '%s/log.jsonl': %s", f->path,
                       strerror(errno));
    return VQ_OK;
}

vq_status run_folder_note(run_folder *f, int64_t step, const char *text, vq_error *err)
{
    int n =
        fprintf(f->log, "{\"step\": %lld, \"note\": \"%s\"}\n", (long long)step, text);
    if (n < 0 || fflush(f->log) != 0)
        return vq_fail(err, VQ_EIO, "cannot write '%s/log.jsonl': %s", f->path,
                       strerror(errno));
    return VQ_OK;
}
