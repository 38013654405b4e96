/* SPDX-License-Identifier: MIT */
#include "train/feed.h"

#include <stdlib.h>

#include "data/augment.h"
#include "data/variance.h"
#include "network/network.h"

/* Of crops: each picture as often as its area says; the crop is drawn when it is cut.
 */
static vq_status open_crop_sampler(feed *f, vq_error *err)
{
    const dataset *ds = &f->data;
    int64_t *area = malloc((size_t)ds->n * sizeof *area);
    if (!area)
        return vq_fail_memory(err, (size_t)ds->n * sizeof *area);
    for (int64_t i = 0; i < ds->n; i++) {
        int height, width;
        dataset_size(ds, i, &height, &width);
        area[i] = (int64_t)height * width;
    }
    vq_status status = sampler_init_weights(
        &f->sampler, area, ds->n, f->config->batch_size, f->config->seed, err);
    free(area);
    return status;
}

static vq_status open_sampler(feed *f, vq_error *err)
{
    const vq_config *c = f->config;
    if (!c->order[0] && !f->data.whole)
        return open_crop_sampler(f, err);
    if (!c->order[0])
        return sampler_init(&f->sampler,
                            c->batches == VQ_BATCHES_FRESH ? SAMPLER_FRESH
                                                           : SAMPLER_EPOCHS,
                            f->data.n, c->batch_size, c->seed, err);
    return sampler_init_file(&f->sampler, c->order, f->data.n, c->batch_size, err);
}

vq_status feed_open(feed *f, const vq_config *c, data_watch watch, void *user,
                    vq_error *err)
{
    vq_status status;
    *f = (feed){.config = c};
    if (c->crop % c->downsample)
        return vq_fail(err, VQ_EUSAGE, "crop is a multiple of downsample, %d, not %d",
                       c->downsample, c->crop);
    if (2 * c->shift >= c->crop)
        return vq_fail(err, VQ_EUSAGE, "shift is less than half of crop, %d, not %d",
                       c->crop, c->shift);
    const source_request r = {.data = c->data,
                              .data_dir = c->data_dir,
                              .split = SPLIT_TRAIN,
                              .side = c->crop,
                              .cache = c->cache,
                              .check = true,
                              .bad = c->skip_bad ? SOURCE_BAD_SKIP : SOURCE_BAD_OFFER,
                              .threads = c->threads,
                              .watch = watch,
                              .user = user};
    TRY(dataset_open(&f->data, &r, err));
    TRY(variance_measure(&f->data, c->threads, watch, user, &f->variance, err));
    if (!(f->variance > 0)) {
        status =
            vq_fail(err, VQ_EINPUT, "'%s': every pixel has the same value", c->data);
        goto out;
    }
    f->epoch = (double)dataset_samples(&f->data) / c->batch_size;
    TRY(open_sampler(f, err));
    f->batch = malloc((size_t)c->batch_size * sizeof *f->batch);
    if (!f->batch)
        status = vq_fail_memory(err, (size_t)c->batch_size * sizeof *f->batch);
    for (int i = 0; i < 256; i++)
        f->pixel[i] = network_pixel_in(c, (unsigned char)i);
out:
    return status;
}

void feed_close(feed *f)
{
    sampler_release(&f->sampler);
    dataset_close(&f->data);
    free(f->batch);
    *f = (feed){0};
}

#define PROBES 64

vq_status feed_fingerprint(const feed *f, uint64_t *fingerprint, vq_error *err)
{
    vq_status status = VQ_OK;
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (int64_t i = 0; i < PROBES; i++) {
        const int64_t at = f->data.n / PROBES * i + f->data.n % PROBES * i / PROBES;
        int height, width;
        dataset_size(&f->data, at, &height, &width);
        const size_t size = (size_t)3 * height * width;
        unsigned char *rgb = malloc(size);
        if (!rgb)
            return vq_fail_memory(err, size);
        status = dataset_read(&f->data, at, rgb, err);
        for (size_t k = 0; status == VQ_OK && k < size; k++)
            hash = (hash ^ rgb[k]) * 0x100000001b3u;
        free(rgb);
        if (status != VQ_OK)
            break;
    }
    *fingerprint = hash;
    return status;
}

void feed_batch(void *user, int64_t step)
{
    feed *f = user;
    f->step = step;
    sampler_batch(&f->sampler, step, f->batch);
}

/*
 * An image's bytes go to the last quarter of its floats, which are then filled from the
 * front: float k ends no later than byte k, so none is overwritten before it is read.
 */
vq_status feed_load(void *user, int first, int n, float *x, vq_error *err)
{
    const feed *f = user;
    const size_t size = (size_t)3 * f->data.side * f->data.side;
    for (int i = 0; i < n; i++, x += size) {
        unsigned char *rgb = (unsigned char *)x + 3 * size;
        rng r = rng_make(f->config->seed, RNG_CROP, (uint32_t)f->step);
        r.position = (uint64_t)(first + i) * 16;
        vq_status status = dataset_sample(&f->data, f->batch[first + i], &r, rgb, err);
        if (status != VQ_OK)
            return status;
        if (f->config->flip && augment_flips(f->config->seed, f->step, first + i))
            augment_flip(rgb, f->data.side, f->data.side);
        if (f->config->shift) {
            int by[2];
            augment_shifts(f->config->seed, f->step, first + i, f->config->shift, by);
            augment_shift(rgb, f->data.side, f->data.side, by);
        }
        for (size_t k = 0; k < size; k++)
            x[k] = f->pixel[rgb[k]];
    }
    return VQ_OK;
}
