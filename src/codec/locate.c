/* SPDX-License-Identifier: MIT */
#include "codec/locate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

#define MODEL_NAME "model.safetensors"
#define LATEST "runs/latest"

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

vq_status locate_model(char path[VQ_PATH_MAX], const char *given, vq_error *err)
{
    vq_status status = VQ_OK;
    if (!given)
        given = getenv("VQVAE_MODEL");
    if (!given || !given[0])
        given = file_exists(LATEST "/" MODEL_NAME) ? LATEST : "";
    if (!is_folder(given)) {
        if (strlen(given) >= VQ_PATH_MAX)
            return vq_fail(err, VQ_EUSAGE, "path is longer than %d bytes: '%.64s...'",
                           VQ_PATH_MAX - 1, given);
        memcpy(path, given, strlen(given) + 1);
        return VQ_OK;
    }
    TRY(file_join(path, given, MODEL_NAME, err));
    if (!file_exists(path))
        status =
            vq_fail(err, VQ_EIO, "'%s' is a folder that holds no " MODEL_NAME, given);
out:
    return status;
}
