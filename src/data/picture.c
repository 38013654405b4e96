/* SPDX-License-Identifier: MIT */
#include "data/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "image/read.h"

vq_status picture_path(const picture *p, const char *root, char path[VQ_PATH_MAX],
                       vq_error *err)
{
    if (root[0] && p->path[0] != '/')
        return file_join(path, root, p->path, err);
    if (strlen(p->path) >= VQ_PATH_MAX)
        return vq_fail(err, VQ_EUSAGE, "path is longer than %d bytes: '%.64s...'",
                       VQ_PATH_MAX - 1, p->path);
    strcpy(path, p->path);
    return VQ_OK;
}

static int64_t time_of(const struct stat *info)
{
    return (int64_t)info->st_mtim.tv_sec * 1000000000 + info->st_mtim.tv_nsec;
}

/* Open a regular file; `name` is for messages. */
static vq_status open_file(FILE **stream, struct stat *info, const char *path,
                           const char *name, vq_error *err)
{
    /* Without O_NONBLOCK opening a pipe would wait for its writer. */
    int fd = fd_open(path, O_RDONLY | O_NONBLOCK, 0);
    *stream = NULL;
    if (fd >= 0 && fstat(fd, info) != 0) {
        const int reason = errno;
        fd_close(fd);
        return vq_fail(err, VQ_EIO, "cannot read '%s': %s", name, strerror(reason));
    }
    if (fd >= 0 && !S_ISREG(info->st_mode)) {
        fd_close(fd);
        return vq_fail(err, VQ_EINPUT, "'%s' is not a regular file", name);
    }
    *stream = fd_stream(fd, "r");
    if (*stream)
        return VQ_OK;
    return vq_fail(err, vq_status_of(errno), "cannot open '%s': %s", name,
                   strerror(errno));
}

vq_status picture_look(picture *p, const char *root, vq_error *err)
{
    char path[VQ_PATH_MAX];
    FILE *stream = NULL;
    struct stat info;
    vq_image size = {0};
    vq_status status;
    TRY(picture_path(p, root, path, err));
    TRY(open_file(&stream, &info, path, p->path, err));
    p->size = (int64_t)info.st_size;
    p->time = time_of(&info);
    if (p->size > 0)
        TRY(image_decode(&size, IMAGE_SIZE_ALONE, p->path, stream, err));
    p->height = size.height;
    p->width = size.width;
out:
    if (stream)
        fclose(stream);
    return status;
}

vq_status picture_decode(const picture *p, const char *root, const char *name, int rows,
                         vq_image *image, vq_error *err)
{
    char path[VQ_PATH_MAX];
    FILE *stream = NULL;
    struct stat info;
    vq_status status;
    *image = (vq_image){0};
    TRY(picture_path(p, root, path, err));
    name = name ? name : path;
    TRY(open_file(&stream, &info, path, name, err));
    if ((int64_t)info.st_size == p->size && time_of(&info) == p->time)
        TRY(image_decode(image, rows, name, stream, err));
    if (image->height != p->height || image->width != p->width)
        status = vq_fail(err, VQ_EINPUT,
                         "'%s' was changed after the data was looked through", name);
out:
    if (status != VQ_OK)
        vq_image_release(image);
    if (stream)
        fclose(stream);
    return status;
}
