/* SPDX-License-Identifier: MIT */
#include "image/read.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/magic.h"
#include "image/jpeg.h"
#include "image/png.h"

typedef vq_status read_fn(vq_image *image, const char *name, FILE *stream,
                          vq_error *err);

/* The first byte tells a kind, so that a pipe need not be read twice. */
static const struct kind {
    unsigned char first;
    read_fn *read, *size;
} kinds[] = {
    {0x89, png_read_stream, png_read_size},
    {0xFF, jpeg_read_stream, jpeg_read_size},
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

/* Read a picture from a stream, or its size alone. */
static vq_status read_any(vq_image *image, bool pixels, const char *name, FILE *stream,
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
            return (pixels ? kinds[i].read : kinds[i].size)(image, name, stream, err);
    return fail_kind(name, stream, err);
}

vq_status image_read_stream(vq_image *image, const char *name, FILE *stream,
                            vq_error *err)
{
    return read_any(image, true, name, stream, err);
}

vq_status image_read_size(vq_image *image, const char *name, FILE *stream,
                          vq_error *err)
{
    return read_any(image, false, name, stream, err);
}

vq_status vq_image_read(vq_image *image, const char *path, vq_error *err)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *stream = standard ? stdin : fopen(path, "rbe");
    *image = (vq_image){0};
    if (!stream)
        return vq_fail(err, VQ_EIO, "cannot open '%s': %s", path, strerror(errno));
    vq_status status = image_read_stream(image, file_input_name(path), stream, err);
    if (!standard)
        fclose(stream);
    return status;
}
