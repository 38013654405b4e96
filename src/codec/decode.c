/*
 * SPDX-License-Identifier: MIT
 *
 * vq_decode and vq_decode_many: codes to pictures. Tested in tests/codec/test_model.c.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "codec/model.h"
#include "image/image.h"
#include "io/codes.h"

static vq_status check_codes(vq_model *m, const vq_codes *codes, int i, vq_error *err)
{
    if (i < 0 || i >= codes->n)
        return vq_fail(err, VQ_EUSAGE, "no image %d among %d", i, codes->n);
    uint64_t own = vq_model_fingerprint(m);
    if (codes->fingerprint && codes->fingerprint != own &&
        codes->fingerprint != m->identity.values)
        return vq_fail(err, VQ_EINPUT,
                       "the codes were made by another model: fingerprint %016" PRIx64
                       ", but '%s' has %016" PRIx64,
                       codes->fingerprint, m->source, own);
    size_t depth = (size_t)network_depth(&m->net.config);
    if ((size_t)codes_depth(codes) != depth)
        return vq_fail(err, VQ_EINPUT,
                       "a position has %d codes, but %zu in the model '%s'",
                       codes_depth(codes), depth, m->source);
    size_t grid = (size_t)codes->h * codes->w * depth;
    const int32_t *code = codes_image(codes, i);
    for (size_t k = 0; k < grid; k++)
        if (code[k] < 0 || code[k] >= m->net.config.codes)
            return vq_fail(
                err, VQ_EINPUT,
                "code %d at image %d, row %zu, column %zu is outside [0, %d)", code[k],
                i, k / depth / codes->w, k / depth % codes->w, m->net.config.codes);
    return VQ_OK;
}

void model_crop_rows(unsigned char *rgb, int rows, int width, int full_width)
{
    for (int y = 0; y < rows; y++)
        memmove(rgb + (size_t)y * width * 3, rgb + (size_t)y * full_width * 3,
                (size_t)width * 3);
}

/* The size of a picture of those codes, whole codes and as it is to be. */
static vq_status picture_size(const vq_model *m, const vq_codes *codes, int full[2],
                              vq_image *image, vq_error *err)
{
    int scale = m->net.config.downsample;
    if ((int64_t)codes->h * codes->w > VQ_MAX_PIXELS / scale / scale)
        return vq_fail(err, VQ_EINPUT,
                       "%d x %d codes make more than %" PRId64 " pixels", codes->w,
                       codes->h, VQ_MAX_PIXELS);
    full[0] = codes->h * scale;
    full[1] = codes->w * scale;
    image->height = codes->height ? codes->height : full[0];
    image->width = codes->width ? codes->width : full[1];
    if (network_codes(&m->net, image->height) != codes->h ||
        network_codes(&m->net, image->width) != codes->w)
        return vq_fail(err, VQ_EINPUT, "%d x %d codes do not make %d x %d pixels",
                       codes->w, codes->h, image->width, image->height);
    return VQ_OK;
}

#define SIDE_UNKNOWN 32 /* pixels of a training picture, where no metadata say */
#define SIDE_MAX 1024   /* of a training picture */

/* Codes per side of the pictures that the model was trained on. */
static int trained_side(const vq_model *m)
{
    const char *crop = st_metadata(&m->file, "crop");
    int64_t side;
    if (!crop || !decimal_read_whole(crop, 1, SIDE_MAX, &side))
        side = SIDE_UNKNOWN;
    return network_codes(&m->net, (int)side);
}

/* Rows that have as many codes as a picture of the training may be pictures. */
static vq_status check_flat(const vq_model *m, const vq_codes *codes, vq_error *err)
{
    const int side = trained_side(m), depth = network_depth(&m->net.config);
    if (codes->rank == 1 && codes->w % (side * side * depth) == 0)
        return vq_fail(err, VQ_EINPUT,
                       "an array of %d codes in a row: give their shape, "
                       "--shape %dx%d or another one",
                       codes->w, side, side);
    if (codes->rank == 1)
        return vq_fail(err, VQ_EINPUT,
                       "an array of %d codes in a row: give their shape with --shape",
                       codes->w);
    if (codes->rank == 2 && codes->w == side * side * depth)
        return vq_fail(err, VQ_EINPUT,
                       "%d x %d codes are one picture (--shape %dx%d) or %d of %d x %d "
                       "codes (--shape %dx%d): say which",
                       codes->h, codes->w, codes->h, codes->w, codes->h, side, side,
                       side, side);
    return VQ_OK;
}

vq_status vq_decode_many(vq_model *m, const vq_codes *codes, int first, int n,
                         vq_image *images, vq_error *err)
{
    codec *c;
    vq_status status = VQ_OK;
    unsigned char *rgb = NULL;
    vq_image size = {0};
    int full[2] = {0};
    for (int i = 0; i < n; i++)
        images[i] = (vq_image){0};
    TRY(check_flat(m, codes, err));
    for (int i = 0; i < n; i++)
        TRY(check_codes(m, codes, first + i, err));
    TRY(picture_size(m, codes, full, &size, err));
    size_t bytes = (size_t)full[0] * full[1] * 3;
    rgb = n > 1 ? malloc((size_t)n * bytes) : NULL;
    for (int i = 0; i < n; i++) {
        images[i] = size;
        images[i].rgb = malloc(bytes);
        if (!images[i].rgb || (n > 1 && !rgb)) {
            status = vq_fail_memory(err, bytes);
            goto out;
        }
    }
    TRY(model_codec(m, &c, err));
    model_begin(m, 0, (double)n * codes->h * codes->w);
    codec_codes_view v = {.index = codes_image(codes, first),
                          .n = n,
                          .h = codes->h,
                          .w = codes->w,
                          .row1 = codes->h};
    TRY(codec_decode(c, v, n > 1 ? rgb : images[0].rgb, NULL, err));
    for (int i = 0; i < n; i++) {
        if (n > 1)
            memcpy(images[i].rgb, rgb + (size_t)i * bytes, bytes);
        model_crop_rows(images[i].rgb, size.height, size.width, full[1]);
        images[i].gray = codes->gray;
        if (codes->gray)
            image_make_gray(images[i].rgb, (size_t)size.height * size.width);
    }
out:
    free(rgb);
    for (int i = 0; i < n && status != VQ_OK; i++)
        vq_image_release(&images[i]);
    return status;
}

vq_status vq_decode(vq_model *m, const vq_codes *codes, int i, vq_image *image,
                    vq_error *err)
{
    return vq_decode_many(m, codes, i, 1, image, err);
}
