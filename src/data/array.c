/* SPDX-License-Identifier: MIT */
#include "data/array.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/magic.h"
#include "io/npy.h"

#define HEADER_MAX 4096
#define CHUNK 4096 /* bytes of a row that are spread at a time */

typedef struct array {
    int fd;     /* owned */
    char *path; /* owned */
    int64_t data_at;
    int height, width, channels; /* channels: 3, or 1 of gray */
    bool planar;                 /* [3,height,width] each, or a plane of gray */
} array;

/* ---- reading ------------------------------------------------------------------------
 */

/* All of `size` bytes at `offset`. */
static vq_status read_at(const array *a, int64_t offset, unsigned char *bytes,
                         size_t size, vq_error *err)
{
    const ssize_t got = fd_read_at(a->fd, bytes, size, (off_t)offset);
    if (got == (ssize_t)size)
        return VQ_OK;
    if (got < 0)
        return vq_fail(err, VQ_EIO, "cannot read '%s' at byte %" PRId64 ": %s", a->path,
                       offset, strerror(errno));
    return vq_fail(err, VQ_EINPUT,
                   "'%s' ends at byte %" PRId64
                   ": it was cut short after it was opened",
                   a->path, offset + got);
}

/* n bytes of a plane, to every third byte of rgb, or to all three of gray. */
static vq_status spread(const array *a, int64_t offset, unsigned char *rgb, int n,
                        vq_error *err)
{
    unsigned char chunk[CHUNK];
    for (int done = 0; done < n; done += CHUNK) {
        int size = n - done < CHUNK ? n - done : CHUNK;
        vq_status status = read_at(a, offset + done, chunk, (size_t)size, err);
        if (status != VQ_OK)
            return status;
        for (int i = 0; i < size; i++, rgb += 3) {
            rgb[0] = chunk[i];
            if (a->channels == 1)
                rgb[1] = rgb[2] = chunk[i];
        }
    }
    return VQ_OK;
}

static vq_status array_read(void *state, int64_t i, source_area area,
                            unsigned char *rgb, vq_error *err)
{
    const array *a = state;
    const int64_t plane = (int64_t)a->height * a->width;
    const int64_t image = a->data_at + i * plane * a->channels;
    const size_t row = (size_t)area.width * 3;
    vq_status status = VQ_OK;
    if (!a->planar && area.width == a->width)
        return read_at(a, image + (int64_t)area.y * a->width * 3, rgb,
                       row * (size_t)area.height, err);
    for (int y = 0; y < area.height; y++, rgb += row) {
        int64_t at = (int64_t)(area.y + y) * a->width + area.x;
        if (!a->planar)
            TRY(read_at(a, image + 3 * at, rgb, row, err));
        for (int c = 0; c < a->channels && a->planar; c++)
            TRY(spread(a, image + c * plane + at, rgb + c, area.width, err));
    }
out:
    return status;
}

/* ---- the source ---------------------------------------------------------------------
 */

static void array_size(const void *state, int64_t i, int *height, int *width)
{
    const array *a = state;
    (void)i;
    *height = a->height;
    *width = a->width;
}

static void array_name(const void *state, int64_t i, char name[VQ_PATH_MAX])
{
    const array *a = state;
    snprintf(name, VQ_PATH_MAX, "%s[%" PRId64 "]", a->path, i);
}

static void array_close(void *state)
{
    array *a = state;
    if (a->fd >= 0)
        fd_close(a->fd);
    free(a->path);
    free(a);
}

/* ---- opening ------------------------------------------------------------------------
 */

/* "4 x 5 x 6" */
static void shape_text(const npy_header *h, char text[128])
{
    int at = 0;
    text[0] = '\0';
    for (int i = 0; i < h->rank; i++)
        at += snprintf(text + at, 128 - (size_t)at, i ? " x %" PRId64 : "%" PRId64,
                       h->dims[i]);
}

static vq_status set_shape(array *a, const npy_header *h, vq_error *err)
{
    const bool last = h->rank == 4 && h->dims[3] == 3;
    const bool first = h->rank == 4 && !last && h->dims[1] == 3;
    const int rows = first ? 2 : 1;
    char text[128];
    shape_text(h, text);
    if (strcmp(h->dtype, "|u1") != 0)
        return vq_fail(err, VQ_EINPUT,
                       "'%s' holds '%s', where uint8 ('|u1') is needed for pictures",
                       a->path, h->dtype);
    if (h->fortran_order)
        return vq_fail(err, VQ_EINPUT, "'%s' is in Fortran order, where C is needed",
                       a->path);
    if (h->rank != 3 && !last && !first)
        return vq_fail(err, VQ_EINPUT,
                       "'%s' has the shape %s, where pictures are [n,height,width,3], "
                       "[n,3,height,width] or, gray, [n,height,width]",
                       a->path, h->rank > 0 ? text : "of a single number");
    const int64_t height = h->dims[rows], width = h->dims[rows + 1];
    if (h->dims[0] < 1 || height < 1 || width < 1 || height > VQ_MAX_PIXELS ||
        width > VQ_MAX_PIXELS / height)
        return vq_fail(err, VQ_EINPUT,
                       "'%s' has the shape %s: no picture, or one of more than %" PRId64
                       " pixels",
                       a->path, text, VQ_MAX_PIXELS);
    a->height = (int)height;
    a->width = (int)width;
    a->channels = h->rank == 3 ? 1 : 3;
    a->planar = !last;
    return VQ_OK;
}

static vq_status check_size(const array *a, const npy_header *h, int64_t size,
                            vq_error *err)
{
    int64_t want = (int64_t)a->height * a->width * a->channels;
    if (__builtin_mul_overflow(want, h->dims[0], &want) || want != size - a->data_at)
        return vq_fail(err, VQ_EINPUT,
                       "'%s' has %" PRId64 " bytes of data, not the %" PRId64
                       " x %d x %d x %d of its shape",
                       a->path, size - a->data_at, h->dims[0], a->height, a->width,
                       a->channels);
    return VQ_OK;
}

static vq_status array_open(source *s, const source_request *r, vq_error *err)
{
    static const source_ops ops = {array_size, NULL, array_name, array_read,
                                   array_close};
    vq_status status;
    unsigned char head[HEADER_MAX];
    npy_header h;
    struct stat info;
    if (magic_of(r->head, r->n_head) != MAGIC_NPY)
        return VQ_OK;
    array *a = calloc(1, sizeof *a);
    if (!a)
        return vq_fail_memory(err, sizeof *a);
    a->fd = fd_open(r->data, O_RDONLY, 0);
    a->path = strdup(r->data);
    if (!a->path) {
        status = vq_fail_memory(err, strlen(r->data) + 1);
        goto out;
    }
    if (a->fd < 0 || fstat(a->fd, &info) != 0) {
        status = vq_fail(err, VQ_EIO, "cannot open '%s': %s", a->path, strerror(errno));
        goto out;
    }
    const size_t n_head = info.st_size < HEADER_MAX ? (size_t)info.st_size : HEADER_MAX;
    TRY(read_at(a, 0, head, n_head, err));
    TRY(npy_header_parse(&h, a->path, head, n_head, err));
    a->data_at = (int64_t)h.data_at;
    TRY(set_shape(a, &h, err));
    TRY(check_size(a, &h, (int64_t)info.st_size, err));
    *s = (source){.ops = &ops, .state = a, .n = h.dims[0]};
out:
    if (status != VQ_OK)
        array_close(a);
    return status;
}

const source_kind array_file = {.what = "a .npy file of uint8 pictures",
                                .open = array_open};
