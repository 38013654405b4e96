/* SPDX-License-Identifier: MIT */
#include "cli/inspect.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/regular.h"
#include "base/run_files.h"
#include "base/status.h"

#define TEXT_MAX ((size_t)1 << 30)

/* The object in a JSON file, all of it or its last line. */
static vq_status read_object(json_t **object, const char *path, bool last, int *lines,
                             vq_error *err)
{
    unsigned char *bytes = NULL;
    size_t size = 0, end, start = 0;
    json_error_t fault = {0};
    *object = NULL;
    *lines = 0;
    vq_status status = regular_read(path, TEXT_MAX, &bytes, &size, err);
    if (status != VQ_OK)
        return status;
    end = size;
    for (size_t i = 0; last && i < size; i++)
        if (bytes[i] == '\n') {
            ++*lines;
            start = i + 1 < size ? i + 1 : start;
            end = i + 1 < size ? size : i;
        }
    status = json_parse(object, bytes + start, end - start, &fault, err);
    free(bytes);
    if (status != VQ_OK || json_is_object(*object))
        return status;
    json_decref(*object);
    *object = NULL;
    return vq_fail(err, VQ_EINPUT, "'%s' holds no JSON object: %s", path, fault.text);
}

vq_status inspect_config(const char *path, bool json, vq_error *err)
{
    json_t *settings;
    int lines;
    vq_status status = read_object(&settings, path, false, &lines, err);
    if (status != VQ_OK)
        return status;
    return inspect_show(json_pack("{so ss so}", "file", inspect_text(path), "kind",
                                  "configuration", "settings", settings),
                        json, err);
}

vq_status inspect_log(const char *path, bool json, vq_error *err)
{
    json_t *entry;
    int lines;
    vq_status status = read_object(&entry, path, true, &lines, err);
    if (status != VQ_OK)
        return status;
    return inspect_show(json_pack("{so ss si so}", "file", inspect_text(path), "kind",
                                  "log", "lines", lines, "last", entry),
                        json, err);
}

/* path, where there is such a file in the folder; else null. */
static json_t *part_of(const char *folder, const char *name)
{
    char path[VQ_PATH_MAX];
    if (file_join(path, folder, name, NULL) != VQ_OK || !file_exists(path))
        return json_null();
    return inspect_text(path);
}

vq_status inspect_run(const char *folder, bool json, vq_error *err)
{
    char path[VQ_PATH_MAX];
    json_t *settings = NULL, *last = NULL;
    int lines;
    vq_status status;
    TRY(file_join(path, folder, RUN_CONFIG, err));
    TRY(read_object(&settings, path, false, &lines, err));
    TRY(file_join(path, folder, RUN_LOG, err));
    status = file_exists(path) ? read_object(&last, path, true, &lines, err) : VQ_OK;
    if (status != VQ_OK &&
        status != VQ_EINPUT) /* which a run is that has no line yet */
        goto out;
    status =
        inspect_show(json_pack("{so ss so so so so}", "folder", inspect_text(folder),
                               "kind", "run", "model", part_of(folder, RUN_MODEL),
                               "checkpoint", part_of(folder, RUN_CHECKPOINT),
                               "settings", settings, "last", last ? last : json_null()),
                     json, err);
    settings = last = NULL;
out:
    json_decref(settings);
    return status;
}
