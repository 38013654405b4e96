/*
 * SPDX-License-Identifier: MIT
 *
 * vq_model: a model file opened for use: describe, encode, decode.
 * Tested in tests/codec/test_model.c.
 */
#include "codec/model.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "codec/locate.h"
#include "config/config.h"
#include "data/dataset.h"
#include "io/codes.h"
#include "io/model_file.h"
#include "network/builtin.h"

/* ---- opening ------------------------------------------------------------------------
 */

vq_status vq_model_open(vq_model **model, const char *path, vq_error *err)
{
    vq_status status;
    *model = NULL;
    vq_model *m = calloc(1, sizeof *m);
    if (!m)
        return vq_fail_memory(err, sizeof *m);
    m->passes = VQ_REFINE;
    TRY(locate_model(m->source, path, err));
    bool built_in = !m->source[0];
    if (built_in)
        strcpy(m->source, "built-in model");
    if (built_in)
        TRY(st_parse(&m->file, m->source, builtin_model, builtin_model_size(), err));
    else
        TRY(model_file_read(&m->file, m->source, err));
    TRY(weights_load(&m->net, &m->facts, &m->file, m->source, err));
    *model = m;
out:
    if (status != VQ_OK)
        vq_model_close(m);
    return status;
}

void vq_model_close(vq_model *m)
{
    if (!m)
        return;
    codec_release(&m->codec);
    network_release(&m->net);
    st_release(&m->file);
    free(m);
}

void vq_model_set_threads(vq_model *m, int threads)
{
    codec_release(&m->codec);
    m->threads = threads;
}

void vq_model_set_refine(vq_model *m, int passes)
{
    m->passes = passes > 0 ? passes : 0;
}

void vq_model_set_work(vq_model *m, vq_work_fn work, void *user)
{
    m->watch.call = work;
    m->watch.user = user;
}

double model_codes(const vq_model *m, int64_t n, int height, int width)
{
    return (double)n * network_codes(&m->net, height) * network_codes(&m->net, width);
}

void model_begin(vq_model *m, double encoded, double decoded)
{
    watch_begin(&m->watch, encoded * (1 + m->passes) + decoded);
}

vq_status model_codec(vq_model *m, codec **c, vq_error *err)
{
    vq_status status = VQ_OK;
    if (!m->codec.net)
        status = codec_init(&m->codec, &m->net, m->threads, 0, err);
    m->codec.passes = m->passes;
    m->codec.watch = &m->watch;
    *c = &m->codec;
    return status;
}

/* ---- describing ---------------------------------------------------------------------
 */

const char *vq_model_source(const vq_model *m)
{
    return m->source;
}

const vq_config *vq_model_config(const vq_model *m)
{
    return &m->net.config;
}

/* What names and shapes tell; the rest of a file without our metadata is only its
 * preset's. */
static bool is_size(const char *key)
{
    static const char *const sizes[] = {"hidden",       "res_hidden",    "res_layers",
                                        "tie_residual", "decoder_first", "downsample",
                                        "codes",        "code_dim"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (strcmp(key, sizes[i]) == 0)
            return true;
    return false;
}

vq_status vq_model_architecture(const vq_model *m, vq_config *config, vq_error *err)
{
    const bool ours = st_metadata(&m->file, "hidden") != NULL;
    char key[CONFIG_KEY_MAX], text[CONFIG_TEXT_MAX];
    config_part part;
    vq_status status = VQ_OK;
    for (int i = 0; config_field_at(&m->net.config, i, key, &part, text); i++)
        if (part == CONFIG_ARCHITECTURE && (ours || is_size(key)))
            TRY(vq_config_set(config, key, text, err));
out:
    return status;
}

int vq_model_downsampling(const vq_model *m)
{
    return m->net.config.downsample;
}

int64_t vq_model_parameters(const vq_model *m)
{
    return network_parameters(&m->net);
}

/* The fingerprints that the model goes by. */
static weights_identity identify(const vq_model *m)
{
    weights_identity id = weights_read_identity(&m->file);
    uint64_t values = weights_fingerprint(&m->net, false);
    if (!id.fingerprint || id.values != values) /* or the values were changed since */
        id.fingerprint = values;
    id.values = values;
    return id;
}

uint64_t vq_model_fingerprint(vq_model *m)
{
    if (!m->identity.fingerprint)
        m->identity = identify(m);
    return m->identity.fingerprint;
}

const char *vq_model_note(const vq_model *m)
{
    return m->file.note[0] ? m->file.note : NULL;
}

bool vq_model_tensor(const vq_model *m, int i, vq_tensor_info *info)
{
    if (i < 0 || i >= m->file.n)
        return false;
    const st_tensor *t = &m->file.tensor[i];
    *info = (vq_tensor_info){.name = t->name, .dtype = t->dtype_name, .rank = t->rank};
    memcpy(info->dims, t->dims, sizeof t->dims);
    return true;
}

bool vq_model_metadata(const vq_model *m, int i, const char **key, const char **value)
{
    if (i < 0 || i >= m->file.n_metadata)
        return false;
    *key = m->file.key[i];
    *value = m->file.value[i];
    return true;
}

vq_status vq_model_save(const vq_model *m, const char *path, bool half, vq_error *err)
{
    weights_identity id = identify(m);
    if (half)
        id.values = weights_fingerprint(&m->net, true);
    return weights_export(&m->net, &m->facts, &id, half, path, err);
}

/* ---- encoding -----------------------------------------------------------------------
 */

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

/* The codes of image i. */
static int32_t *codes_of(const vq_codes *codes, int i)
{
    return codes->index + codes_count(codes) / (size_t)codes->n * (size_t)i;
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
    for (int i = 0; i < n; i++)
        TRY(codec_encode(c, images[i].rgb, 1, height, width, codes_of(codes, i), err));
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

#define ENCODE_PIXELS (512 * 32 * 32) /* of the images that are in memory at once */

vq_status vq_encode_file(vq_model *m, const char *data_path, vq_codes *codes,
                         vq_error *err)
{
    codec *c;
    vq_status status;
    unsigned char *rgb = NULL;
    int height, width;
    dataset ds;
    *codes = (vq_codes){0};
    const source_request r = {
        .data = data_path, .split = SPLIT_ALL, .threads = m->threads};
    TRY(dataset_open(&ds, &r, err));
    if (!dataset_one_size(&ds, &height, &width)) {
        status = vq_fail(err, VQ_EINPUT,
                         "the pictures of '%s' differ in size: encode them one by one",
                         data_path);
        goto out;
    }
    TRY(model_codec(m, &c, err));
    TRY(codes_make(m, codes, (int)ds.n, height, width, err));
    codes->fingerprint = vq_model_fingerprint(m);
    model_begin(m, model_codes(m, ds.n, height, width), 0);
    const size_t size = (size_t)3 * height * width;
    const int fit = ENCODE_PIXELS / height / width, chunk = fit > 0 ? fit : 1;
    rgb = malloc(chunk * size);
    if (!rgb) {
        status = vq_fail_memory(err, chunk * size);
        goto out;
    }
    for (int first = 0; first < codes->n; first += chunk) {
        int n = codes->n - first < chunk ? codes->n - first : chunk;
        for (int i = 0; i < n; i++)
            TRY(dataset_read(&ds, first + i, rgb + i * size, err));
        TRY(codec_encode(c, rgb, n, height, width, codes_of(codes, first), err));
    }
out:
    free(rgb);
    dataset_close(&ds);
    if (status != VQ_OK)
        vq_codes_release(codes);
    return status;
}

/* ---- decoding -----------------------------------------------------------------------
 */

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
    const int32_t *code = codes_of(codes, i);
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

vq_status vq_decode_many(vq_model *m, const vq_codes *codes, int first, int n,
                         vq_image *images, vq_error *err)
{
    codec *c;
    vq_status status = VQ_OK;
    unsigned char *rgb = NULL;
    vq_image size = {0};
    int full[2];
    for (int i = 0; i < n; i++)
        images[i] = (vq_image){0};
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
    codec_codes_view v = {.index = codes_of(codes, first),
                          .n = n,
                          .h = codes->h,
                          .w = codes->w,
                          .row1 = codes->h};
    TRY(codec_decode(c, v, n > 1 ? rgb : images[0].rgb, NULL, err));
    for (int i = 0; i < n; i++) {
        if (n > 1)
            memcpy(images[i].rgb, rgb + (size_t)i * bytes, bytes);
        model_crop_rows(images[i].rgb, size.height, size.width, full[1]);
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
