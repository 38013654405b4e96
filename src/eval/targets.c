/* SPDX-License-Identifier: MIT */
#include "eval/targets.h"

#include <string.h>
#include <sys/stat.h>

#include "base/ending.h"
#include "base/file.h"
#include "base/path.h"

vq_status targets_check(const vq_eval_pictures *pictures, vq_error *err)
{
    const char *const paths[] = {pictures->worst, pictures->best, pictures->atlas};
    vq_status status = VQ_OK;
    for (int i = 0; i < 3 && status == VQ_OK; i++)
        if (paths[i])
            status = vq_image_check_target(paths[i], err);
    return status;
}

/* It is none of the pictures. */
static vq_status check_kept(const char *path, const dataset *ds, vq_error *err)
{
    vq_status status = VQ_OK;
    const int64_t n = file_exists(path) ? ds->n : 0;
    for (int64_t i = 0; i < n && status == VQ_OK; i++) {
        char name[VQ_PATH_MAX];
        dataset_image_name(ds, i, name);
        status = path_check_kept(name, path, err);
    }
    return status;
}

static bool holds_pictures(const char *data, const dataset *ds)
{
    struct stat st;
    char name[VQ_PATH_MAX];
    dataset_image_name(ds, 0, name);
    return ending_among(name, ending_picture) && stat(data, &st) == 0 &&
           S_ISDIR(st.st_mode);
}

/* Does a file lie in a folder, or below it? */
static bool lies_in(const char *path, const char *folder)
{
    char parent[VQ_PATH_MAX], in[VQ_PATH_MAX], top[VQ_PATH_MAX];
    path_split(path, parent);
    if (!path_follow(in, parent) || !path_follow(top, folder))
        return false;
    const size_t n = strcmp(top, "/") == 0 ? 0 : strlen(top);
    return strncmp(in, top, n) == 0 && (in[n] == '/' || in[n] == '\0');
}

static vq_status check_one(const char *path, const dataset *ds, const char *data,
                           vq_error *err)
{
    vq_status status = check_kept(path, ds, err);
    if (status != VQ_OK)
        return status;
    if (ending_among(path, ending_picture) && holds_pictures(data, ds) &&
        lies_in(path, data))
        return vq_fail(err, VQ_EUSAGE,
                       "'%s' would be one of the pictures in '%s': name a file "
                       "elsewhere",
                       path, data);
    return VQ_OK;
}

vq_status targets_check_apart(const vq_eval_pictures *pictures, const dataset *ds,
                              const char *data, vq_error *err)
{
    const char *const own[] = {pictures->worst, pictures->best, pictures->atlas};
    const char *const *other = pictures->outputs;
    vq_status status = VQ_OK;
    for (int i = 0; i < 3 && status == VQ_OK; i++)
        if (own[i])
            status = check_one(own[i], ds, data, err);
    for (; other && *other && status == VQ_OK; other++)
        status = check_one(*other, ds, data, err);
    return status;
}
