/* SPDX-License-Identifier: MIT */
#include "image/write.h"

#include "base/ending.h"
#include "base/file.h"
#include "image/jpeg_write.h"
#include "image/png.h"

static vq_status check_format(const char *path, vq_error *err)
{
    if (ending_other(path, ending_picture))
        return vq_fail(err, VQ_EUSAGE,
                       "'%s': pictures are written as .png, or as .jpg with a loss",
                       path);
    return VQ_OK;
}

vq_status vq_image_check_target(const char *path, vq_error *err)
{
    vq_status status = check_format(path, err);
    return status == VQ_OK ? file_check_target(path, err) : status;
}

vq_status image_writer_open(image_writer *w, const char *path, int width, int height,
                            bool gray, vq_error *err)
{
    *w = (image_writer){NULL, NULL};
    vq_status status = check_format(path, err);
    if (status != VQ_OK)
        return status;
    return ending_among(path, ending_jpeg)
               ? jpeg_writer_open(&w->jpeg, path, width, height, gray, err)
               : png_writer_open(&w->png, path, width, height, gray, err);
}

vq_status image_writer_rows(image_writer *w, const unsigned char *rgb, int n,
                            vq_error *err)
{
    return w->jpeg ? jpeg_writer_rows(w->jpeg, rgb, n, err)
                   : png_writer_rows(w->png, rgb, n, err);
}

vq_status image_writer_commit(image_writer *w, vq_error *err)
{
    image_writer done = *w;
    *w = (image_writer){NULL, NULL};
    return done.jpeg ? jpeg_writer_commit(done.jpeg, err)
                     : png_writer_commit(done.png, err);
}

void image_writer_abort(image_writer *w)
{
    png_writer_abort(w->png);
    jpeg_writer_abort(w->jpeg);
    *w = (image_writer){NULL, NULL};
}

vq_status vq_image_write(const vq_image *image, const char *path, vq_error *err)
{
    image_writer w;
    vq_status status;
    TRY(image_writer_open(&w, path, image->width, image->height, image->gray, err));
    TRY(image_writer_rows(&w, image->rgb, image->height, err));
    TRY(image_writer_commit(&w, err));
out:
    image_writer_abort(&w);
    return status;
}
