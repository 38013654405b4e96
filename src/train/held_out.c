/* SPDX-License-Identifier: MIT */
#include "train/held_out.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "image/metrics.h"
#include "train/variety.h"

#define CROPS_PIXELS ((int64_t)1 << 22) /* of all crops, unless few are more */

/* ---- which pictures -----------------------------------------------------------------
 */

/* A file may be the whole of each split, and then it holds nothing out. */
static bool is_same(const dataset *a, const dataset *b)
{
    char x[VQ_PATH_MAX], y[VQ_PATH_MAX];
    dataset_image_name(a, 0, x);
    dataset_image_name(b, 0, y);
    return a->n == b->n && strcmp(x, y) == 0;
}

/* The test split; closed where there is none, and `why` says so. */
static vq_status open_test(dataset *test, const vq_config *c, const dataset *train,
                           data_watch watch, void *user, vq_error *why)
{
    const source_request r = {.data = c->data,
                              .data_dir = c->data_dir,
                              .split = SPLIT_TEST,
                              .side = train->side,
                              .bad = SOURCE_BAD_SKIP,
                              .threads = c->threads,
                              .watch = watch,
                              .user = user};
    vq_status status = dataset_open(test, &r, why);
    if (status == VQ_ESTOPPED || status == VQ_ENOMEM)
        return status;
    if (status == VQ_OK && is_same(test, train)) {
        dataset_close(test);
        vq_fail(why, VQ_OK, "there is no test split");
    }
    return VQ_OK;
}

/* Crops from all over the data, several of a picture where there are few and large;
 * what cannot be read is left out, unless nothing can. */
static vq_status take_crops(held_out *h, const dataset *ds, vq_error *err)
{
    const size_t size = (size_t)3 * h->side * h->side;
    vq_status status = VQ_OK;
    vq_error why = {""};
    int64_t most = CROPS_PIXELS / ((int64_t)h->side * h->side);
    most = most > HELD_OUT_CROPS ? HELD_OUT_CROPS : most;
    most = most < HELD_OUT_SHOWN ? HELD_OUT_SHOWN : most;
    most = ds->whole && ds->n < most ? ds->n : most;
    free(h->rgb);
    free(h->made);
    h->rgb = malloc((size_t)most * size);
    h->made = malloc((size_t)most * size);
    if (!h->rgb || !h->made)
        return vq_fail_memory(err, (size_t)most * size);
    for (int64_t i = 0; i < most && status != VQ_ENOMEM; i++) {
        rng r = rng_make(0, RNG_HELD_OUT, (uint32_t)i);
        status = dataset_sample(ds, i * ds->n / most, &r, h->rgb + (size_t)h->n * size,
                                &why);
        h->n += status == VQ_OK;
    }
    if (status == VQ_ENOMEM || h->n == 0)
        return vq_fail(err, status, "%s", why.message);
    return VQ_OK;
}

static void describe(held_out *h, const dataset *train, int64_t skipped,
                     const char *why)
{
    char seen[32], held[32], left[32];
    decimal_grouped(train->n, seen);
    decimal_grouped(h->pictures, held);
    decimal_grouped(skipped, left);
    snprintf(h->found, sizeof h->found,
             "%s pictures to train on, %s held out, %s skipped%s%.200s", seen,
             h->pictures ? held : "none", left, h->pictures ? "" : ": ",
             h->pictures ? "" : why);
}

vq_status held_out_open(held_out *h, const vq_config *c, const dataset *train,
                        data_watch watch, void *user, vq_error *err)
{
    vq_status status;
    vq_error why = {""};
    dataset *test = calloc(1, sizeof *test);
    *h = (held_out){.side = train->side, .psnr = (double)NAN};
    if (!test)
        return vq_fail_memory(err, sizeof *test);
    status = open_test(test, c, train, watch, user, &why);
    if (status != VQ_OK)
        TRY(vq_fail(err, status, "%s", why.message));
    if (test->n > 0 && take_crops(h, test, &why) == VQ_ENOMEM)
        TRY(vq_fail(err, VQ_ENOMEM, "%s", why.message));
    h->pictures = h->n > 0 ? test->n : 0;
    if (h->n == 0)
        TRY(take_crops(h, train, err));
    describe(h, train, train->source.left_out + test->source.left_out, why.message);
    TRY(variety_choose(h->rgb, h->n, h->side, HELD_OUT_SHOWN, h->shown, &h->n_shown,
                       err));
    /* a crop is only reconstructed, about a third of what it takes to learn from one */
    const int64_t least = (int64_t)ceil(100.0 / 3 * h->n / c->batch_size);
    const int64_t log = c->log_every > 0 ? c->log_every : 1;
    h->every = (least + log - 1) / log * log;
out:
    dataset_close(test);
    free(test);
    if (status != VQ_OK)
        held_out_close(h);
    return status;
}

/* ---- how well they are done ---------------------------------------------------------
 */

vq_status held_out_ready(held_out *h, const network *net, int threads, vq_error *err)
{
    const size_t codes = (size_t)network_codes(net, h->side);
    const size_t bytes = (size_t)h->n * codes * codes *
                         (size_t)network_depth(&net->config) * sizeof *h->index;
    h->index = malloc(bytes + 1);
    if (!h->index)
        return vq_fail_memory(err, bytes);
    return codec_init(&h->codec, net, threads, 0, err);
}

void held_out_close(held_out *h)
{
    codec_release(&h->codec);
    free(h->rgb);
    free(h->made);
    free(h->index);
    *h = (held_out){.n = 0};
}

vq_status held_out_reconstruct(held_out *h, vq_error *err)
{
    vq_status status;
    const int codes = network_codes(h->codec.net, h->side);
    const codec_codes_view v = {
        .index = h->index, .n = h->n, .h = codes, .w = codes, .row1 = codes};
    codec_repack(&h->codec);
    TRY(codec_encode(&h->codec, h->rgb, h->n, h->side, h->side, h->index, err));
    TRY(codec_decode(&h->codec, v, h->made, NULL, err));
out:
    return status;
}

vq_status held_out_measure(held_out *h, int64_t step, bool last, vq_error *err)
{
    const size_t samples = (size_t)h->n * 3 * h->side * h->side;
    h->psnr = (double)NAN;
    if (h->pictures == 0 || (step % h->every != 0 && !last))
        return VQ_OK;
    const vq_status status = held_out_reconstruct(h, err);
    if (status == VQ_OK)
        h->psnr =
            psnr_of((double)squared_error(h->rgb, h->made, samples) / (double)samples);
    return status;
}
