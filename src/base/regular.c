/* SPDX-License-Identifier: MIT */
#include "base/regular.h"

#include <sys/stat.h>

#include "base/file.h"

vq_status regular_check(const char *path, vq_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
        return VQ_OK;
    return vq_fail(err, VQ_EINPUT, "'%s' is not a regular file", path);
}

vq_status regular_read(const char *path, size_t max, unsigned char **data, size_t *size,
                       vq_error *err)
{
    *data = NULL;
    *size = 0;
    vq_status status = regular_check(path, err);
    return status == VQ_OK ? file_read(path, max, data, size, err) : status;
}
