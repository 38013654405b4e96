/* SPDX-License-Identifier: MIT */
#include "train/run_log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"
#include "base/regular.h"

/* The part of a log whose lines belong to steps up to `step`: its length in bytes. */
static vq_status kept_length(const char *log, size_t size, int64_t step, size_t *kept,
                             vq_error *err)
{
    json_error_t fault;
    const char *end;
    for (*kept = 0; (end = memchr(log + *kept, '\n', size - *kept));
         *kept = (size_t)(end - log) + 1) {
        size_t length = (size_t)(end - log) - *kept;
        json_t *line;
        vq_status status = json_parse(&line, log + *kept, length, &fault, err);
        if (status != VQ_OK)
            return status;
        bool keep = line && json_integer_value(json_object_get(line, "step")) <= step;
        json_decref(line);
        if (!keep)
            break;
    }
    return VQ_OK;
}

vq_status run_log_open(run_log *log, const char *path, int64_t step, vq_error *err)
{
    unsigned char *old = NULL;
    size_t size = 0, kept;
    vq_status status = VQ_OK;
    *log = (run_log){0};
    snprintf(log->path, sizeof log->path, "%s", path);
    if (step >= 0 && file_exists(path)) {
        TRY(regular_read(path, (size_t)1 << 30, &old, &size, err));
        TRY(kept_length((char *)old, size, step, &kept, err));
        TRY(file_write(path, old, kept, err));
    }
    log->stream = fd_stream(
        fd_open(path, O_WRONLY | O_CREAT | (step >= 0 ? O_APPEND : O_TRUNC), 0666),
        "w");
    if (!log->stream)
        status = vq_fail(err, vq_status_of(errno), "cannot open '%s': %s", path,
                         strerror(errno));
out:
    free(old);
    return status;
}

void run_log_close(run_log *log)
{
    if (log->stream)
        fclose(log->stream);
    *log = (run_log){0};
}

static vq_status end_line(run_log *log, vq_error *err)
{
    if (fputs("}\n", log->stream) >= 0 && fflush(log->stream) == 0)
        return VQ_OK;
    return vq_fail(err, VQ_EIO, "cannot write '%s': %s", log->path, strerror(errno));
}

vq_status run_log_add(run_log *log, const vq_progress *p, vq_error *err)
{
    fprintf(log->stream, "{\"step\": %" PRId64 ", \"epoch\": %.6g", p->step, p->epoch);
    for (int i = 0; i < p->n_figures; i++)
        fprintf(log->stream, ", \"%s\": %.9g", p->figure[i].name, p->figure[i].value);
    fprintf(log->stream, ", \"images_per_s\": %.1f", p->images_per_s);
    return end_line(log, err);
}

vq_status run_log_note(run_log *log, int64_t step, const char *text, vq_error *err)
{
    char *quoted;
    vq_status status = json_print(&quoted, json_stringn_nocheck(text, strlen(text)),
                                  JSON_ENCODE_ANY, err);
    if (status != VQ_OK)
        return status;
    fprintf(log->stream, "{\"step\": %" PRId64 ", \"note\": %s", step, quoted);
    free(quoted);
    return end_line(log, err);
}
