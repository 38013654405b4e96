/* SPDX-License-Identifier: MIT */
#include "image/read.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/magic.h"
#include "image/jpeg.h"
#include "image/png.h"

typedef vq_status decode_fn(vq_image *image, int rows, const char *name, FILE *stream,
                            vq_error *err);

/* The first byte tells a kind, so that a pipe need not be read twice. */
static const struct kind {
    unsigned char first;
    decode_fn *decode;
} kinds[] = {
    {0x89, png_decode},
    {0xFF, jpeg_decode},
};
#define N_KINDS (sizeof kinds / sizeof *kinds)

static vq_status fail_kind(const char *name, FILE *stream, vq_error *err)
{
    unsigned char bytes[MAGIC_BYTES];
    const char *kind = magic_name(bytes, fread(bytes, 1, sizeof bytes, stream));
    if (kind)
        return vq_fail(err, VQ_EINPUT,
                       "'%s' is neither a PNG nor a JPEG, but looks like %s", name,
                       kind);
    return vq_fail(err, VQ_EINPUT, "'%s' is neither a PNG nor a JPEG", name);
}

vq_status image_decode(vq_image *image, int rows, const char *name, FILE *stream,
                       vq_error *err)
{
    int first = getc(stream);
    *image = (vq_image){0};
    if (first == EOF && ferror(stream))
        return vq_fail(err, VQ_EIO, "cannot read '%s': %s", name, strerror(errno));
    if (first == EOF)
        return vq_fail(err, VQ_EINPUT, "'%s' is empty", name);
    ungetc(first, stream);
    for (size_t i = 0; i < N_KINDS; i++)
        if (first == kinds[i].first)
            return kinds[i].decode(image, rows, name, stream, err);
    return fail_kind(name, stream, err);
}

vq_status vq_image_read(vq_image *image, const char *path, vq_error *err)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *stream = standard ? stdin : fd_stream_open(path);
    *image = (vq_image){0};
    if (!stream)
        return vq_fail(err, vq_status_of(errno), "cannot open '%s': %s", path,
                       strerror(errno));
    vq_status status =
        image_decode(image, IMAGE_ALL_ROWS, file_input_name(path), stream, err);
    if (!standard)
        fclose(stream);
    return status;
}
