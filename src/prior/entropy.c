/* SPDX-License-Identifier: MIT */
#include "prior/entropy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "io/range_coder.h"
#include "tensor/exact.h"

#define ONE 0x1p30f /* the largest logit's weight */

/*
 * Frequencies are 1 + weight * (2^24 - k) / sum, in whole numbers: what the floor of 1
 * costs, k 2^-24, is 4e-5 bits a code at k = 512.
 */
uint32_t entropy_frequencies(const simd *s, const float *logits, int k,
                             uint32_t *frequency)
{
    float most = s->max(logits, (size_t)k);
    uint64_t sum = 0;
    uint32_t total = 0;
    for (int i = 0; i < k; i++) {
        float x = exact_exp(logits[i] - most) * ONE;
        frequency[i] = x == x ? (uint32_t)x : 0;
        sum += frequency[i];
    }
    /* below 2^34, for the largest weight is in the sum, unless there are no numbers */
    uint64_t scale = sum < (UINT64_C(1) << 30)
                         ? 0
                         : ((uint64_t)(RANGE_TOTAL_MAX - (uint32_t)k) << 40) / sum;
    for (int i = 0; i < k; i++) {
        frequency[i] = 1 + (uint32_t)(frequency[i] * scale >> 40);
        total += frequency[i];
    }
    return total;
}

/* ---- a group of pictures ----------------------------------------------------------
 */

typedef struct worker {
    columns c;
    uint32_t *frequency; /* [K] */
    int label[ENTROPY_GROUP];
} worker;

typedef struct stream {
    unsigned char *bytes; /* encoding: owned */
    const unsigned char *from;
    size_t size;
} stream;

typedef struct job {
    const columns_net *cn;
    const vq_codes *codes;
    bool tells_class; /* streams begin with classes */
    int groups;
    stream *streams; /* [groups] */
    worker *workers; /* [threads] */
    int threads;
} job;

/* What is done with one code: told it, or asked for it. */
typedef int32_t (*visit)(void *user, const worker *w, int picture, int32_t code,
                         uint32_t total);

static size_t picture_size(const job *j)
{
    return (size_t)j->codes->h * (size_t)j->codes->w * (size_t)j->cn->net->shape.books;
}

static int group_size(const job *j, int group)
{
    int left = j->codes->n - group * ENTROPY_GROUP;
    return left < ENTROPY_GROUP ? left : ENTROPY_GROUP;
}

/* One position of a group; the codes that visit returns are stored. */
static void walk_position(const job *j, worker *w, size_t pixel, int32_t *codes,
                          visit v, void *user)
{
    const int n_books = j->cn->net->shape.books, k = j->cn->net->shape.codes;
    size_t picture = picture_size(j);
    for (int b = 0; b < n_books; b++) {
        int32_t *code = codes + pixel * (size_t)n_books + (size_t)b;
        const float *logits = columns_logits(&w->c, b);
        for (int i = 0; i < w->c.n; i++) {
            uint32_t total = entropy_frequencies(
                j->cn->simd, logits + (size_t)i * (size_t)k, k, w->frequency);
            int32_t *to = &code[(size_t)i * picture];
            *to = v(user, w, i, *to, total);
        }
        columns_put(&w->c, b, code, picture);
    }
}

static vq_status walk(const job *j, worker *w, int group, visit v, void *user,
                      vq_error *err)
{
    int32_t *codes = j->codes->index + (size_t)group * ENTROPY_GROUP * picture_size(j);
    columns_begin(&w->c, group_size(j, group), w->label);
    for (int row = 0; row < j->codes->h; row++) {
        columns_row(&w->c, row);
        for (int column = 0; column < j->codes->w; column++) {
            columns_position(&w->c, column);
            walk_position(j, w, (size_t)row * (size_t)j->codes->w + (size_t)column,
                          codes, v, user);
        }
    }
    return columns_check(&w->c, err);
}

static uint32_t below(const uint32_t *frequency, int32_t code)
{
    uint32_t sum = 0;
    for (int32_t i = 0; i < code; i++)
        sum += frequency[i];
    return sum;
}

/* ---- classes ----------------------------------------------------------------------
 */

typedef struct cost {
    double bits[ENTROPY_GROUP];
} cost;

static int32_t visit_cost(void *user, const worker *w, int picture, int32_t code,
                          uint32_t total)
{
    cost *c = user;
    c->bits[picture] += log2((double)total / (double)w->frequency[code]);
    return code;
}

/* The class under which each picture is shortest. */
static vq_status choose_classes(const job *j, worker *w, int group, vq_error *err)
{
    vq_status status = VQ_OK;
    int n = group_size(j, group), best[ENTROPY_GROUP] = {0};
    cost least = {{0}};
    for (int label = 0; label < j->cn->net->shape.classes; label++) {
        cost now = {{0}};
        for (int i = 0; i < n; i++)
            w->label[i] = label;
        TRY(walk(j, w, group, visit_cost, &now, err));
        for (int i = 0; i < n; i++)
            if (label == 0 || now.bits[i] < least.bits[i]) {
                least.bits[i] = now.bits[i];
                best[i] = label;
            }
    }
    memcpy(w->label, best, sizeof best);
out:
    return status;
}

/* ---- workers ----------------------------------------------------------------------
 */

static void job_close(job *j)
{
    for (int i = 0; j->workers && i < j->threads; i++) {
        columns_release(&j->workers[i].c);
        free(j->workers[i].frequency);
    }
    free(j->workers);
    free(j->streams);
}

static vq_status job_open(job *j, const columns_net *cn, bool nameless,
                          const vq_codes *codes, int threads, vq_error *err)
{
    vq_status status = VQ_OK;
    const prior_shape *s = &cn->net->shape;
    *j = (job){.cn = cn,
               .codes = codes,
               .tells_class = s->classes > 0 && !nameless,
               .groups = (codes->n - 1) / ENTROPY_GROUP + 1,
               .threads = parallel_threads(threads)};
    if (j->threads > j->groups)
        j->threads = j->groups;
    j->streams = calloc((size_t)j->groups, sizeof *j->streams);
    j->workers = calloc((size_t)j->threads, sizeof *j->workers);
    if (!j->streams || !j->workers)
        TRY(vq_fail_memory(err, (size_t)j->groups * sizeof *j->streams));
    for (int i = 0; i < j->threads; i++) {
        worker *w = &j->workers[i];
        TRY(columns_init(&w->c, cn, group_size(j, 0), codes->h, codes->w, err));
        w->frequency = malloc((size_t)s->codes * sizeof *w->frequency);
        if (!w->frequency)
            TRY(vq_fail_memory(err, (size_t)s->codes * sizeof *w->frequency));
        for (int k = 0; k < ENTROPY_GROUP && s->classes > 0; k++)
            w->label[k] = s->classes - 1;
    }
out:
    if (status != VQ_OK)
        job_close(j);
    return status;
}

/* ---- encoding ---------------------------------------------------------------------
 */

static int32_t visit_encode(void *user, const worker *w, int picture, int32_t code,
                            uint32_t total)
{
    (void)picture;
    range_encoder_put(user, below(w->frequency, code), w->frequency[code], total);
    return code;
}

static vq_status encode_group(void *user, int group, int worker_i, vq_error *err)
{
    vq_status status;
    const job *j = user;
    worker *w = &j->workers[worker_i];
    range_encoder e;
    range_encoder_begin(&e);
    if (j->tells_class) {
        TRY(choose_classes(j, w, group, err));
        for (int i = 0; i < group_size(j, group); i++)
            range_encoder_put(&e, (uint32_t)w->label[i], 1,
                              (uint32_t)j->cn->net->shape.classes);
    }
    TRY(walk(j, w, group, visit_encode, &e, err));
    status = range_encoder_end(&e, err);
out:
    j->streams[group].bytes = e.bytes;
    j->streams[group].size = e.size;
    return status;
}

/* Sizes of all streams but the last, then the streams. */
static vq_status join(const job *j, unsigned char **bytes, size_t *size, vq_error *err)
{
    size_t at = 4 * (size_t)(j->groups - 1), total = at;
    for (int i = 0; i < j->groups; i++)
        total += j->streams[i].size;
    *size = total;
    *bytes = malloc(total ? total : 1);
    if (!*bytes)
        return vq_fail_memory(err, total);
    for (int i = 0; i < j->groups; i++) {
        for (int byte = 0; byte < 4 && i + 1 < j->groups; byte++)
            (*bytes)[4 * i + byte] = (unsigned char)(j->streams[i].size >> 8 * byte);
        if (j->streams[i].size > 0)
            memcpy(*bytes + at, j->streams[i].bytes, j->streams[i].size);
        at += j->streams[i].size;
    }
    return VQ_OK;
}

vq_status entropy_encode(const columns_net *cn, bool nameless, const vq_codes *codes,
                         int threads, unsigned char **bytes, size_t *size,
                         vq_error *err)
{
    job j;
    *bytes = NULL;
    vq_status status = job_open(&j, cn, nameless, codes, threads, err);
    if (status != VQ_OK)
        return status;
    TRY(parallel_for(j.threads, j.groups, encode_group, &j, err));
    TRY(join(&j, bytes, size, err));
out:
    for (int i = 0; i < j.groups; i++)
        free(j.streams[i].bytes);
    job_close(&j);
    return status;
}

/* ---- decoding ---------------------------------------------------------------------
 */

static int32_t visit_decode(void *user, const worker *w, int picture, int32_t code,
                            uint32_t total)
{
    range_decoder *d = user;
    uint32_t at = range_decoder_peek(d, total), first = 0;
    (void)picture;
    for (code = 0; at - first >= w->frequency[code]; code++)
        first += w->frequency[code];
    range_decoder_take(d, first, w->frequency[code], total);
    return code;
}

static vq_status decode_group(void *user, int group, int worker_i, vq_error *err)
{
    vq_status status;
    const job *j = user;
    worker *w = &j->workers[worker_i];
    range_decoder d;
    range_decoder_begin(&d, j->streams[group].from, j->streams[group].size);
    for (int i = 0; i < group_size(j, group) && j->tells_class; i++) {
        uint32_t classes = (uint32_t)j->cn->net->shape.classes;
        w->label[i] = (int)range_decoder_peek(&d, classes);
        range_decoder_take(&d, (uint32_t)w->label[i], 1, classes);
    }
    TRY(walk(j, w, group, visit_decode, &d, err));
    if (!range_decoder_ended(&d))
        status = vq_fail(err, VQ_EINPUT, "the stream of images %d to %d does not end",
                         group * ENTROPY_GROUP,
                         group * ENTROPY_GROUP + group_size(j, group) - 1);
out:
    return status;
}

static vq_status split(job *j, const unsigned char *bytes, size_t size, vq_error *err)
{
    size_t at = 4 * (size_t)(j->groups - 1);
    if (at > size)
        return vq_fail(err, VQ_EINPUT, "%zu bytes are too few for %d images", size,
                       j->codes->n);
    for (int i = 0; i < j->groups; i++) {
        size_t own = size - at;
        for (int byte = 3; byte >= 0 && i + 1 < j->groups; byte--)
            own = byte == 3 ? bytes[4 * i + 3] : own << 8 | bytes[4 * i + byte];
        if (own > size - at)
            return vq_fail(err, VQ_EINPUT, "the stream of images from %d on is cut off",
                           i * ENTROPY_GROUP);
        j->streams[i].from = bytes + at;
        j->streams[i].size = own;
        at += own;
    }
    return VQ_OK;
}

vq_status entropy_decode(const columns_net *cn, bool nameless, const vq_codes *codes,
                         int threads, const unsigned char *bytes, size_t size,
                         vq_error *err)
{
    job j;
    vq_status status = job_open(&j, cn, nameless, codes, threads, err);
    if (status != VQ_OK)
        return status;
    TRY(split(&j, bytes, size, err));
    TRY(parallel_for(j.threads, j.groups, decode_group, &j, err));
out:
    job_close(&j);
    return status;
}
