/* SPDX-License-Identifier: MIT */
#include "data/sampler.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/rng.h"
#include "io/npy.h"

static void order_reset(int32_t *order, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        order[i] = (int32_t)i;
}

/* Swap a random one of order[i..n) to place i: a step of the Fisher-Yates shuffle. */
static int32_t order_draw(int32_t *order, int64_t i, int64_t n, rng *r)
{
    int64_t j = i + rng_below(r, (uint32_t)(n - i));
    int32_t drawn = order[j];
    order[j] = order[i];
    order[i] = drawn;
    return drawn;
}

vq_status sampler_init(sampler *s, sampler_mode mode, int64_t n, int batch,
                       uint64_t seed, vq_error *err)
{
    assert(mode != SAMPLER_ORDER && batch > 0);
    *s = (sampler){.mode = mode, .n = n, .batch = batch, .seed = seed, .epoch = -1};
    if (n < 1 || n > INT32_MAX)
        return vq_fail(err, VQ_EINPUT, "cannot sample from %" PRId64 " images", n);
    size_t bytes = (size_t)n * sizeof *s->order;
    s->order = malloc(bytes);
    if (!s->order)
        return vq_fail_memory(err, bytes);
    order_reset(s->order, n);
    return VQ_OK;
}

vq_status sampler_init_order(sampler *s, int32_t *order, int64_t n_order, int64_t n,
                             int batch, vq_error *err)
{
    assert(batch > 0);
    *s = (sampler){.mode = SAMPLER_ORDER, .n = n, .batch = batch, .epoch = -1};
    s->order = order;
    s->n_order = n_order;
    if (n_order < 1)
        return vq_fail(err, VQ_EINPUT, "the order of images is empty");
    for (int64_t i = 0; i < n_order; i++)
        if (order[i] < 0 || order[i] >= n)
            return vq_fail(err, VQ_EINPUT,
                           "entry %" PRId64 " of the order is image %" PRId32
                           ", outside [0, %" PRId64 ")",
                           i, order[i], n);
    return VQ_OK;
}

vq_status sampler_init_file(sampler *s, const char *path, int64_t n, int batch,
                            vq_error *err)
{
    npy_ints order;
    vq_error why;
    vq_status status = npy_read(&order, path, err);
    if (status != VQ_OK)
        return status;
    status = sampler_init_order(s, order.v, order.count, n, batch, &why);
    return status == VQ_OK ? VQ_OK
                           : vq_fail(err, status, "'%s': %s", path, why.message);
}

vq_status sampler_init_weights(sampler *s, const int64_t *weight, int64_t n, int batch,
                               uint64_t seed, vq_error *err)
{
    assert(batch > 0);
    *s = (sampler){
        .mode = SAMPLER_WEIGHTS, .n = n, .batch = batch, .seed = seed, .epoch = -1};
    if (n < 1 || n > INT32_MAX)
        return vq_fail(err, VQ_EINPUT, "cannot sample from %" PRId64 " images", n);
    s->sum = malloc((size_t)n * sizeof *s->sum);
    if (!s->sum)
        return vq_fail_memory(err, (size_t)n * sizeof *s->sum);
    uint64_t sum = 0;
    for (int64_t i = 0; i < n; i++)
        s->sum[i] = sum += (uint64_t)weight[i];
    return VQ_OK;
}

void sampler_release(sampler *s)
{
    free(s->sum);
    free(s->order);
    *s = (sampler){0};
}

static void batch_of_epochs(sampler *s, int64_t step, int64_t *index)
{
    for (int i = 0; i < s->batch; i++) {
        int64_t position = step * s->batch + i;
        int64_t epoch = position / s->n;
        if (epoch != s->epoch) {
            rng r = rng_make(s->seed, RNG_SHUFFLE, (uint32_t)epoch);
            order_reset(s->order, s->n);
            for (int64_t k = 0; k < s->n; k++)
                order_draw(s->order, k, s->n, &r);
            s->epoch = epoch;
        }
        index[i] = s->order[position % s->n];
    }
}

/*
 * Only the first m places of a shuffle are needed, so only they are drawn. To put the
 * order back it is enough to look at what was drawn: a place k >= m is first disturbed
 * by drawing k from it. A step costs m draws, whatever n is.
 */
static void batch_of_fresh(sampler *s, int64_t step, int64_t *index)
{
    rng r = rng_make(s->seed, RNG_SHUFFLE, (uint32_t)step);
    for (int done = 0; done < s->batch;) {
        int left = s->batch - done;
        int m = left < s->n ? left : (int)s->n;
        for (int i = 0; i < m; i++)
            index[done + i] = order_draw(s->order, i, s->n, &r);
        for (int i = 0; i < m; i++) {
            s->order[i] = i;
            s->order[index[done + i]] = (int32_t)index[done + i];
        }
        done += m;
    }
}

/* The first image whose sum is above x. */
static int64_t image_at(const sampler *s, uint64_t x)
{
    int64_t low = 0, high = s->n - 1;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (s->sum[middle] > x)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void batch_of_weights(const sampler *s, int64_t step, int64_t *index)
{
    rng r = rng_make(s->seed, RNG_PICTURE, (uint32_t)step);
    for (int i = 0; i < s->batch; i++) {
        uint64_t high = rng_u32(&r), low = rng_u32(&r);
        index[i] = image_at(s, (high << 32 | low) % s->sum[s->n - 1]);
    }
}

void sampler_batch(sampler *s, int64_t step, int64_t *index)
{
    assert(step >= 0);
    switch (s->mode) {
    case SAMPLER_EPOCHS:
        batch_of_epochs(s, step, index);
        break;
    case SAMPLER_FRESH:
        batch_of_fresh(s, step, index);
        break;
    case SAMPLER_WEIGHTS:
        batch_of_weights(s, step, index);
        break;
    case SAMPLER_ORDER:
        for (int i = 0; i < s->batch; i++)
            index[i] = s->order[(step * s->batch + i) % s->n_order];
        break;
    }
}
