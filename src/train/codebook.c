/* SPDX-License-Identifier: MIT */
#include "train/codebook.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "autograd/ema.h"
#include "autograd/unit.h"
#include "network/quantizer.h"
#include "tensor/gemm.h"
#include "train/kmeans.h"

#define ROWS_MAX ((size_t)1 << 16)
#define ROWS_A_CODE 16

/* Updates after which debiasing the averages changes nothing: sums start as old. */
#define MATURE ((int64_t)1 << 40)

static float *value_of(const network *net, int id)
{
    return net->p.value + net->p.table[id].offset;
}

vq_status codebook_open(codebook *c, train_state *s, int h, int w, vq_error *err)
{
    const vq_config *config = &s->net.config;
    *c = (codebook){.s = s};
    return config->revive == 0 ? VQ_OK
                               : encoder_rows_init(&c->rows, &s->net, h, w,
                                                   config->batch_size, ROWS_MAX, err);
}

void codebook_close(codebook *c)
{
    encoder_rows_release(&c->rows);
}

/* ---- k-means ------------------------------------------------------------------------
 */

/* k-means of one book over the parts of the rows; counts go where EMA keeps its own. */
static vq_status start_book(train_state *s, encoder_rows *rows, int book, vq_error *err)
{
    network *net = &s->net;
    const books b = network_books(&net->config);
    size_t first = (size_t)book * (size_t)b.k, depth = (size_t)books_depth(&b);
    rng r = rng_make(net->config.seed, RNG_KMEANS, (uint32_t)book);
    encoder_rows_part(rows, &b, book);
    kmeans km = {.rows = rows->parts,
                 .n = rows->n,
                 .k = b.k,
                 .d = b.d,
                 .unit = net->config.cosine,
                 .iterations = KMEANS_ITERATIONS,
                 .threads = rows->threads,
                 .codes = value_of(net, net->codebook) + first * (size_t)b.d,
                 .index = rows->pick,
                 .count = value_of(net, net->ema_count) + first};
    vq_status status = kmeans_run(&km, &r, err);
    for (size_t i = 0; status == VQ_OK && i < rows->n; i++)
        rows->code[i * depth + (size_t)book] = rows->pick[i];
    return status;
}

/* EMA sums of the batch's size that give the codes as they are. */
static void start_sums(train_state *s, size_t rows, size_t rows_a_batch)
{
    network *net = &s->net;
    const param *counts = &net->p.table[net->ema_count];
    const float *e = value_of(net, net->codebook);
    float *n = value_of(net, net->ema_count);
    if (net->ema_sum < 0) {
        memset(n, 0, counts->count * sizeof *n);
        return;
    }
    float *m = value_of(net, net->ema_sum);
    size_t d = net->p.table[net->ema_sum].count / counts->count;
    double share = (double)rows_a_batch / (double)rows;
    for (size_t k = 0; k < counts->count; k++) {
        n[k] = (float)(share * (n[k] > 1 ? (double)n[k] : 1));
        for (size_t j = 0; j < d; j++)
            m[k * d + j] = n[k] * e[k * d + j];
    }
    s->ema_step = MATURE;
}

vq_status codebook_kmeans(train_state *s, const codebook_source *from, int h, int w,
                          vq_error *err)
{
    network *net = &s->net;
    const books b = network_books(&net->config);
    int batch = net->config.batch_size;
    size_t want = ROWS_A_CODE * (size_t)b.k, rows_a_batch = 0;
    encoder_rows *rows = calloc(1, sizeof *rows);
    vq_status status;
    if (!rows)
        return vq_fail_memory(err, sizeof *rows);
    TRY(encoder_rows_init(rows, net, h, w, INT_MAX, want < ROWS_MAX ? want : ROWS_MAX,
                          err));
    for (int64_t i = 0; rows->n < rows->room; i++) {
        from->next(from->user, i);
        TRY(encoder_rows_add(rows, batch, from->load, from->user, err));
    }
    rows_a_batch = (size_t)batch * encoder_rows_per_image(rows);
    for (int book = 0; book < books_depth(&b); book++) {
        TRY(start_book(s, rows, book, err));
        books_subtract(&b, book, value_of(net, net->codebook), rows->code, rows->v,
                       rows->n);
    }
    start_sums(s, rows->n, rows_a_batch);
out:
    encoder_rows_release(rows);
    free(rows);
    return status;
}

/* ---- codes from a file --------------------------------------------------------------
 */

void codebook_adopt(train_state *s, bool has_ema)
{
    network *net = &s->net;
    const vq_config *c = &net->config;
    network_derive_codes(net);
    if (c->cosine)
        network_unit_codes(net);
    if (c->codebook != VQ_CODEBOOK_EMA || c->ema_rule != VQ_EMA_DEBIASED)
        return;
    if (has_ema)
        s->ema_step = MATURE;
    else
        memset(value_of(net, net->ema_sum), 0,
               net->p.table[net->ema_sum].count * sizeof(float));
}

/* ---- after a step -------------------------------------------------------------------
 */

static void update_sums(train_state *s, const float *reduced)
{
    network *net = &s->net;
    const vq_config *c = &net->config;
    const books b = network_books(c);
    size_t count = net->p.table[net->ema_count].offset;
    size_t sum = net->p.table[net->ema_sum].offset;
    size_t codes = net->p.table[net->codebook].offset;
    float *value = net->p.value;
    s->ema_step++;
    ema_rule rule = {.kind = c->ema_rule,
                     .decay = c->ema_decay,
                     .k = b.k,
                     .d = b.d,
                     .unit = c->cosine};
    for (int book = 0; book < books_depth(&b); book++) {
        ema_update(&rule, s->ema_step, reduced + count, reduced + sum, value + count,
                   value + sum, value + codes);
        count += (size_t)b.k;
        sum += (size_t)b.k * (size_t)b.d;
        codes += (size_t)b.k * (size_t)b.d;
    }
}

double codebook_gradients(train_state *s, float *reduced)
{
    const network *net = &s->net;
    const param *p = net->p.table;
    const books b = network_books(&net->config);
    if (net->linear < 0)
        return 0;
    float *dw = reduced + p[net->linear].offset;
    gemm(dw, b.d, mat_transposed(reduced + p[net->codebook].offset, b.k, b.d),
         mat_of(net->p.value + p[net->frozen].offset, b.k, b.d), false);
    double squares = 0;
    for (size_t i = 0; i < p[net->linear].count; i++)
        squares += (double)dw[i] * (double)dw[i];
    return squares;
}

void codebook_update(train_state *s, const float *reduced)
{
    network *net = &s->net;
    if (net->ema_sum >= 0)
        update_sums(s, reduced);
    else if (net->linear >= 0)
        network_derive_codes(net);
    else if (net->config.cosine)
        network_unit_codes(net);
    if (net->usage < 0)
        return;
    const float *count = reduced + net->p.table[net->ema_count].offset;
    float *usage = value_of(net, net->usage);
    for (size_t k = 0; k < net->p.table[net->usage].count; k++)
        usage[k] += count[k];
}

/* ---- reviving -----------------------------------------------------------------------
 */

/* The average forgets where a code was: its network takes over that of the other. */
static void forget(train_state *s, int id, size_t first, size_t n)
{
    if (id >= 0 && s->average.p.value)
        memcpy(value_of(&s->average, id) + first, value_of(&s->net, id) + first,
               n * sizeof(float));
}

/* The codes of dead ones start anew: fresh moments, or sums of an average code. */
static void start_anew(train_state *s, size_t code, double average, const float *e,
                       size_t d)
{
    network *net = &s->net;
    size_t at = net->p.table[net->codebook].offset + code * d;
    if (net->ema_sum >= 0) {
        float *m = value_of(net, net->ema_sum) + code * d;
        value_of(net, net->ema_count)[code] = (float)average;
        for (size_t j = 0; j < d; j++)
            m[j] = (float)average * e[j];
        return;
    }
    memset(s->opt.m + at, 0, d * sizeof *s->opt.m);
    memset(s->opt.v + at, 0, d * sizeof *s->opt.v);
    if (s->opt.v_max)
        memset(s->opt.v_max + at, 0, d * sizeof *s->opt.v_max);
}

/* Replace the idle codes of one book by parts of rows; returns how many. */
static int revive_book(codebook *c, int book, rng *r)
{
    network *net = &c->s->net;
    const books b = network_books(&net->config);
    encoder_rows *rows = &c->rows;
    size_t first = (size_t)book * (size_t)b.k, d = (size_t)b.d;
    const float *usage = value_of(net, net->usage) + first;
    const float *n = value_of(net, net->ema_count) + first;
    double total = 0;
    uint32_t idle = 0, taken = 0;
    for (int k = 0; k < b.k; k++) {
        idle += usage[k] == 0;
        total += (double)n[k];
    }
    idle = idle < rows->n ? idle : (uint32_t)rows->n;
    kmeans_draw(r, rows->pick, idle, (uint32_t)rows->n);
    for (size_t k = 0; k < (size_t)b.k && taken < idle; k++) {
        if (usage[k] > 0)
            continue;
        const float *row = rows->v + (size_t)rows->pick[taken++] * books_width(&b);
        float *e = value_of(net, net->codebook) + (first + k) * d;
        memcpy(e, row + books_part(&b, book), d * sizeof *e);
        start_anew(c->s, first + k, total / b.k, e, d);
        forget(c->s, net->codebook, (first + k) * d, d);
        forget(c->s, net->ema_sum, (first + k) * d, d);
        forget(c->s, net->ema_count, first + k, 1);
    }
    return (int)taken;
}

static bool any_idle(const network *net)
{
    const float *usage = value_of(net, net->usage);
    for (size_t k = 0; k < net->p.table[net->usage].count; k++)
        if (usage[k] == 0)
            return true;
    return false;
}

vq_status codebook_revive(codebook *c, shard_loader load, void *user, int *revived,
                          vq_error *err)
{
    network *net = &c->s->net;
    const vq_config *config = &net->config;
    const books b = network_books(config);
    encoder_rows *rows = &c->rows;
    *revived = 0;
    if (config->revive == 0 || c->s->step % config->revive != 0)
        return VQ_OK;
    if (any_idle(net)) {
        rows->n = 0;
        vq_status status = encoder_rows_add(rows, config->batch_size, load, user, err);
        if (status != VQ_OK)
            return status;
        rng r = rng_make(config->seed, RNG_REVIVE, (uint32_t)c->s->step);
        for (int book = 0; book < books_depth(&b); book++) {
            const float *codes = value_of(net, net->codebook);
            *revived += revive_book(c, book, &r);
            books_nearest(&b, book, codes, rows->v, rows->n, rows->code, rows->scratch);
            books_subtract(&b, book, codes, rows->code, rows->v, rows->n);
        }
    }
    memset(value_of(net, net->usage), 0,
           net->p.table[net->usage].count * sizeof(float));
    return VQ_OK;
}
