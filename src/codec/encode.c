/*
 * SPDX-License-Identifier: MIT
 *
 * vq_encode and vq_encode_file: pictures to codes. Tested in tests/codec/test_model.c.
 */
#include <stdlib.h>
#include <string.h>

#include "codec/model.h"
#include "io/codes.h"

/* Room for n grids of codes of images of that size. */
static vq_status codes_make(vq_model *m, vq_codes *codes, int n, int height, int width,
                            vq_error *err)
{
    *codes = (vq_codes){.n = n,
                        .h = network_codes(&m->net, height),
                        .w = network_codes(&m->net, width),
                        .k = m->net.config.codes,
                        .width = width,
                        .height = height,
                        .depth = network_depth(&m->net.config)};
    size_t count = codes_count(codes);
    codes->index = malloc((count ? count : 1) * sizeof *codes->index);
    return codes->index ? VQ_OK : vq_fail_memory(err, count * sizeof *codes->index);
}

#define TOGETHER_PIXELS (512 * 32 * 32) /* of the images that are copied at a time */

/* Side by side, so that every worker has some of them; a copy costs next to nothing. */
static vq_status encode_together(codec *c, const vq_image *images, vq_codes *codes,
                                 vq_error *err)
{
    vq_status status = VQ_OK;
    const int height = images[0].height, width = images[0].width;
    const size_t size = (size_t)3 * height * width;
    const int64_t fit = (int64_t)TOGETHER_PIXELS * c->workers.n / height / width;
    const int most = fit < codes->n ? (int)fit : codes->n, chunk = most > 1 ? most : 1;
    unsigned char *rgb = malloc((size_t)chunk * size);
    if (!rgb)
        return vq_fail_memory(err, (size_t)chunk * size);
    for (int first = 0; first < codes->n; first += chunk) {
        const int n = codes->n - first < chunk ? codes->n - first : chunk;
        for (int i = 0; i < n; i++)
            memcpy(rgb + (size_t)i * size, images[first + i].rgb, size);
        TRY(codec_encode(c, rgb, n, height, width, codes_image(codes, first), err));
    }
out:
    free(rgb);
    return status;
}

vq_status model_encode(vq_model *m, const vq_image *images, int n, vq_codes *codes,
                       vq_error *err)
{
    codec *c;
    vq_status status;
    *codes = (vq_codes){0};
    if (n < 1)
        return vq_fail(err, VQ_EUSAGE, "no image to encode");
    int width = images[0].width, height = images[0].height;
    for (int i = 0; i < n; i++)
        if (images[i].width != width || images[i].height != height || width < 1 ||
            height < 1)
            return vq_fail(err, VQ_EUSAGE, "images to encode together differ in size");
    TRY(model_codec(m, &c, err));
    TRY(codes_make(m, codes, n, height, width, err));
    codes->gray = true;
    for (int i = 0; i < n; i++)
        codes->gray = codes->gray && images[i].gray;
    if (n == 1)
        TRY(codec_encode(c, images->rgb, 1, height, width, codes->index, err));
    else
        TRY(encode_together(c, images, codes, err));
out:
    if (status != VQ_OK)
        vq_codes_release(codes);
    return status;
}

vq_status vq_encode(vq_model *m, const vq_image *images, int n, vq_codes *codes,
                    vq_error *err)
{
    model_begin(m, n > 0 ? model_codes(m, n, images->height, images->width) : 0, 0);
    vq_status status = model_encode(m, images, n, codes, err);
    if (status == VQ_OK)
        codes->fingerprint = vq_model_fingerprint(m);
    return status;
}

vq_status vq_encode_file(vq_model *m, const char *data_path, vq_codes *codes,
                         vq_error *err)
{
    const vq_token_set set = {.data = &data_path, .n_data = 1, .codes = codes};
    return vq_encode_set(m, &set, NULL, NULL, err);
}
