/* SPDX-License-Identifier: MIT */
#include "base/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_absence(int reason)
{
    return reason == ENOENT || reason == ENOTDIR;
}

vq_status path_look(const char *path, bool *there, vq_error *err)
{
    struct stat st;
    *there = stat(path, &st) == 0;
    if (*there || is_absence(errno))
        return VQ_OK;
    return vq_fail(err, vq_status_of(errno), "cannot look at '%s': %s", path,
                   strerror(errno));
}

bool path_follow(char to[VQ_PATH_MAX], const char *path)
{
    char *real = realpath(path, NULL);
    const char *from = real || !is_absence(errno) ? real : path;
    const bool fits = from && strlen(from) < VQ_PATH_MAX;
    if (fits)
        strcpy(to, from);
    else if (from)
        errno = ENAMETOOLONG;
    free(real);
    return fits;
}

bool path_same(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

const char *path_split(const char *path, char folder[VQ_PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    snprintf(folder, VQ_PATH_MAX, "%.*s.", (int)(name - path), path);
    return name;
}

vq_status path_check_kept(const char *path, const char *out, vq_error *err)
{
    struct stat st;
    return path_same(path, out) && stat(path, &st) == 0 && S_ISREG(st.st_mode)
               ? vq_fail(err, VQ_EUSAGE,
                         "'%s' is read, and would be written over: name another file",
                         out)
               : VQ_OK;
}

vq_status path_settle(char path[VQ_PATH_MAX], vq_error *err)
{
    char to[VQ_PATH_MAX];
    if (path_follow(to, path))
        strcpy(path, to);
    else if (errno != ENAMETOOLONG)
        return vq_fail(err, vq_status_of(errno), "cannot find out where '%s' is: %s",
                       path, strerror(errno));
    return VQ_OK;
}
