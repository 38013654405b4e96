/* SPDX-License-Identifier: MIT */
#include "codec/locate.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/path.h"
#include "base/regular.h"
#include "base/run_files.h"
#include "io/model_file.h"

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static vq_status copy_path(char path[VQ_PATH_MAX], const char *from, vq_error *err)
{
    if (strlen(from) >= VQ_PATH_MAX)
        return vq_fail(err, VQ_EUSAGE, "path is longer than %d bytes: '%.64s...'",
                       VQ_PATH_MAX - 1, from);
    strcpy(path, from);
    return VQ_OK;
}

vq_status locate_model(char path[VQ_PATH_MAX], const builtin **box, const char *given,
                       vq_error *err)
{
    vq_status status;
    if (!given)
        given = getenv("VQVAE_MODEL");
    if (!given || !given[0])
        given = builtin_at(0)->name;
    *box = builtin_find(builtin_models, given);
    if (*box)
        return copy_path(path, (*box)->title, err);
    if (strcmp(given, "latest") == 0) {
        given = RUN_LATEST;
        if (!file_exists(RUN_LATEST "/" RUN_MODEL))
            return vq_fail(err, VQ_EIO,
                           "no '" RUN_LATEST "/" RUN_MODEL
                           "': nothing was trained here");
    }
    if (!is_folder(given))
        return copy_path(path, given, err);
    TRY(file_join(path, given, RUN_MODEL, err));
    if (!file_exists(path))
        return vq_fail(err, VQ_EIO, "'%s' is a folder that holds no " RUN_MODEL, given);
    status = regular_check(path, err);
out:
    return status;
}

vq_status locate_read(st_file *f, char path[VQ_PATH_MAX], const char *given,
                      vq_error *err)
{
    const builtin *box;
    vq_status status = locate_model(path, &box, given, err);
    if (status != VQ_OK)
        return status;
    return box ? st_parse(f, path, box->bytes, (size_t)(box->end - box->bytes), err)
               : model_file_read(f, path, err);
}

vq_status locate_settle(char given[VQ_PATH_MAX], vq_error *err)
{
    const builtin *box;
    char path[VQ_PATH_MAX];
    if (!given[0] || locate_model(path, &box, given, NULL) != VQ_OK || box)
        return VQ_OK;
    strcpy(given, path);
    return path_settle(given, err);
}
