/*
 * SPDX-License-Identifier: MIT
 *
 * vq_reconstruct: a picture through the codes and back, decoded, measured and written
 * a band of rows at a time, so that only the original is ever whole in memory. Tested
 * in tests/codec/test_reconstruct.c.
 */
#include <stdlib.h>
#include <string.h>

#include "codec/model.h"
#include "image/image.h"
#include "image/metrics.h"
#include "image/write.h"
#include "io/codes.h"

/* One reconstruction in progress, a band of rows at a time. */
typedef struct reconstruction {
    const vq_image *image;
    bool side_by_side;
    image_writer writer;
    ssim quality;
    uint64_t error;
    unsigned char *band; /* [CODEC_TILE, scale w, 3] decoded rows, then cropped */
    unsigned char *row;  /* [2 width + VQ_SIDE_GAP, 3] for side by side */
} reconstruction;

/* Measure and write `rows` rows that start at row y of the image. */
static vq_status write_band(reconstruction *r, int y, int rows, vq_error *err)
{
    size_t row = (size_t)r->image->width * 3;
    for (int i = 0; i < rows; i++) {
        const unsigned char *was = r->image->rgb + (size_t)(y + i) * row;
        unsigned char *is = r->band + (size_t)i * row;
        if (r->image->gray)
            image_make_gray(is, (size_t)r->image->width);
        r->error += squared_error(was, is, row);
        ssim_push(&r->quality, was, is);
        if (r->side_by_side) {
            memcpy(r->row, was, row);
            memcpy(r->row + row + 3 * VQ_SIDE_GAP, is, row);
        }
        vq_status status =
            image_writer_rows(&r->writer, r->side_by_side ? r->row : is, 1, err);
        if (status != VQ_OK)
            return status;
    }
    return VQ_OK;
}

static vq_status decode_bands(reconstruction *r, codec *c, const vq_codes *codes,
                              vq_error *err)
{
    const vq_image *image = r->image;
    for (int row = 0; row < codes->h; row += c->tile) {
        codec_codes_view v = {codes->index, 1, codes->h, codes->w, row, row + c->tile};
        v.row1 = v.row1 < codes->h ? v.row1 : codes->h;
        vq_status status = codec_decode(c, v, r->band, NULL, err);
        if (status != VQ_OK)
            return status;
        int y = row * c->scale, end = v.row1 * c->scale;
        int rows = (end < image->height ? end : image->height) - y;
        model_crop_rows(r->band, rows, image->width, codes->w * c->scale);
        status = write_band(r, y, rows, err);
        if (status != VQ_OK)
            return status;
    }
    return VQ_OK;
}

vq_status vq_reconstruct(vq_model *m, const vq_image *image, const char *out,
                         bool side_by_side, vq_quality *quality, vq_error *err)
{
    vq_codes codes = {0};
    reconstruction r = {.image = image, .side_by_side = side_by_side};
    codec *c;
    vq_status status;
    double codes_of_image = model_codes(m, 1, image->height, image->width);
    model_begin(m, codes_of_image, codes_of_image);
    TRY(model_encode(m, image, 1, &codes, err));
    TRY(model_codec(m, &c, err));
    size_t band = (size_t)c->tile * c->scale * codes.w * c->scale * 3;
    r.band = malloc(band);
    const size_t wide = 2 * (size_t)image->width + VQ_SIDE_GAP;
    r.row = malloc(3 * wide);
    if (!r.band || !r.row) {
        status = vq_fail_memory(err, band);
        goto out;
    }
    TRY(ssim_init(&r.quality, image->width, image->height, err));
    memset(r.row, 255, 3 * wide);
    TRY(image_writer_open(&r.writer, out, side_by_side ? (int)wide : image->width,
                          image->height, image->gray, err));
    TRY(decode_bands(&r, c, &codes, err));
    TRY(image_writer_commit(&r.writer, err));
    if (quality) {
        double pixels = (double)image->width * image->height;
        quality->psnr = psnr_of((double)r.error / (3 * pixels));
        quality->ssim = ssim_mean(&r.quality);
        quality->ssim_luma = ssim_luma(&r.quality);
        quality->bpp = (double)codes_count(&codes) * codes_bits(codes.k) / pixels;
    }
out:
    image_writer_abort(&r.writer);
    ssim_release(&r.quality);
    free(r.row);
    free(r.band);
    vq_codes_release(&codes);
    return status;
}

vq_status vq_reconstruct_file(vq_model *m, const char *in, const char *out,
                              bool side_by_side, vq_quality *quality, vq_error *err)
{
    vq_image image = {0};
    vq_status status;
    TRY(vq_image_read(&image, in, err));
    TRY(vq_reconstruct(m, &image, out, side_by_side, quality, err));
out:
    vq_image_release(&image);
    return status;
}
