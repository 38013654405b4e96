/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "autograd/golden.h"
#include "autograd/golden_fill.h"
#include "network/quantizer.h"
#include "tensor/nearest.h"
#include "tiny.h"
#include "train/codebook.h"
#include "train/kmeans.h"

#define BATCH 12
#define CODES 64 /* of one image */

/* A training state with a batch of made-up pictures, and nothing that trains. */
typedef struct lab {
    train_state s;
    codebook c;
    int64_t batch; /* shifts the pictures */
} lab;

/* options: name, value ... NULL */
static lab *lab_open(const char *preset, const char *const *options)
{
    vq_config config = tiny_config(preset);
    vq_error err;
    lab *l = calloc(1, sizeof *l);
    for (; options[0]; options += 2)
        assert_ok(vq_config_set(&config, options[0], options[1], &err), &err);
    assert_ok(network_init(&l->s.net, &config, &err), &err);
    assert_ok(adam_init(&l->s.opt, l->s.net.p.size, 1e-3, true, &err), &err);
    network_draw(&l->s.net);
    assert_ok(codebook_open(&l->c, &l->s, 32, 32, &err), &err);
    return l;
}

static void lab_close(lab *l)
{
    codebook_close(&l->c);
    adam_release(&l->s.opt);
    network_release(&l->s.net);
    free(l);
}

static float *value_of(lab *l, int id)
{
    return l->s.net.p.value + l->s.net.p.table[id].offset;
}

static vq_status load(void *user, int first, int n, float *x, vq_error *err)
{
    const lab *l = user;
    (void)err;
    for (int i = 0; i < n; i++) {
        unsigned char *rgb = tiny_picture(32, 32, (int)l->batch * BATCH + first + i);
        for (int k = 0; k < 32 * 32 * 3; k++)
            *x++ = network_pixel_in(&l->s.net.config, rgb[k]);
        free(rgb);
    }
    return VQ_OK;
}

static vq_status load_fails(void *user, int first, int n, float *x, vq_error *err)
{
    (void)user, (void)first, (void)n, (void)x;
    return vq_fail(err, VQ_EIO, "no more pictures");
}

static void next(void *user, int64_t i)
{
    ((lab *)user)->batch = i;
}

/* ---- rows ---- */

/* Rows come in image order at any number of threads, and stop where room does. */
static void test_codebook__rows(void **state)
{
    (void)state;
    lab *l = lab_open("sonnet", (const char *[]){"threads", "1", NULL});
    encoder_rows one, many;
    vq_error err;
    assert_ok(encoder_rows_init(&one, &l->s.net, 32, 32, 20, 1 << 20, &err), &err);
    assert_int_equal(one.room, 20 * CODES);
    assert_ok(encoder_rows_add(&one, BATCH, load, l, &err), &err);
    assert_int_equal(one.n, BATCH * CODES);
    assert_ok(encoder_rows_add(&one, BATCH, load, l, &err), &err);
    assert_int_equal(one.n, 20 * CODES);
    assert_memory_equal(one.v, one.v + BATCH * CODES * 8,
                        8 * CODES * 8 * sizeof(float));
    l->s.net.config.threads = 3;
    assert_ok(encoder_rows_init(&many, &l->s.net, 32, 32, BATCH, 300, &err), &err);
    assert_int_equal(many.room, 5 * CODES); /* whole images */
    assert_ok(encoder_rows_add(&many, BATCH, load, l, &err), &err);
    assert_memory_equal(one.v, many.v, 5 * CODES * 8 * sizeof(float));
    assert_fails(encoder_rows_add(&many, BATCH, load, l, &err), VQ_OK, &err, "");
    many.n = 0;
    assert_fails(encoder_rows_add(&many, BATCH, load_fails, l, &err), VQ_EIO, &err,
                 "no more pictures");
    encoder_rows_release(&one);
    encoder_rows_release(&many);
    lab_close(l);
}

/* ---- k-means ---- */

/* The codes are nearer to the rows than drawn ones, and EMA sums are their means. */
static void test_codebook__kmeans(void **state)
{
    (void)state;
    lab *l = lab_open("sonnet", (const char *[]){"init-codes", "kmeans", NULL});
    const codebook_source from = {next, load, l};
    encoder_rows rows;
    vq_error err;
    assert_ok(codebook_kmeans(&l->s, &from, 32, 32, &err), &err);
    assert_int_equal(l->s.ema_step, (int64_t)1 << 40);
    const float *e = value_of(l, l->s.net.codebook);
    const float *n = value_of(l, l->s.net.ema_count);
    const float *m = value_of(l, l->s.net.ema_sum);
    double total = 0, spread = 0, distance = 0;
    for (int k = 0; k < 16; k++) {
        total += (double)n[k];
        for (int j = 0; j < 8; j++)
            assert_true(fabsf(m[k * 8 + j] - n[k] * e[k * 8 + j]) < 1e-4f);
    }
    assert_true(fabs(total - BATCH * CODES) < 0.05 * BATCH * CODES);

    l->batch = 0;
    assert_ok(encoder_rows_init(&rows, &l->s.net, 32, 32, BATCH, 256, &err), &err);
    assert_ok(encoder_rows_add(&rows, BATCH, load, l, &err), &err);
    const books b = network_books(&l->s.net.config);
    books_nearest(&b, 0, e, rows.v, rows.n, rows.code, rows.scratch);
    double mean[8] = {0};
    for (size_t i = 0; i < rows.n * 8; i++)
        mean[i % 8] += (double)rows.v[i] / (double)rows.n;
    for (size_t i = 0; i < rows.n * 8; i++) {
        double d = (double)(rows.v[i] - e[rows.code[i / 8] * 8 + (int)(i % 8)]);
        double from_mean = (double)rows.v[i] - mean[i % 8];
        distance += d * d;
        spread += from_mean * from_mean;
    }
    if (!(distance < 0.3 * spread))
        fail_msg("distance %g of a spread of %g", distance, spread);
    encoder_rows_release(&rows);

    const codebook_source bad = {next, load_fails, l};
    assert_fails(codebook_kmeans(&l->s, &bad, 32, 32, &err), VQ_EIO, &err, "pictures");
    for (int at = 1; at <= 4; at++) { /* then pictures are made */
        support_alloc_fail_at(at);
        assert_fails(codebook_kmeans(&l->s, &from, 32, 32, &err), VQ_ENOMEM, &err, "");
        support_alloc_fail_at(0);
    }
    lab_close(l);
}

/* ---- reviving ---- */

/* Let `used` codes of every book have rows, then revive at step 10. */
static int revive(lab *l, int used)
{
    vq_error err;
    int revived = -1;
    float *reduced = calloc(l->s.net.p.size, sizeof *reduced);
    const param *count = &l->s.net.p.table[l->s.net.ema_count];
    for (size_t k = 0; k < count->count; k++)
        reduced[count->offset + k] = (int)k % 16 < used ? 8 : 0;
    for (size_t i = 0; i < l->s.net.p.size; i++)
        l->s.opt.m[i] = l->s.opt.v[i] = l->s.opt.v_max[i] = 1;
    codebook_update(&l->s, reduced);
    free(reduced);
    l->s.step = 9;
    assert_ok(codebook_revive(&l->c, load_fails, l, &revived, &err), &err);
    assert_int_equal(revived, 0); /* not yet due */
    l->s.step = 10;
    assert_ok(codebook_revive(&l->c, load, l, &revived, &err), &err);
    const float *usage = value_of(l, l->s.net.usage);
    for (int k = 0; k < 16; k++)
        assert_true(usage[k] == 0);
    return revived;
}

/* Is e one of the rows? */
static bool is_row(const encoder_rows *rows, const float *e)
{
    for (size_t i = 0; i < rows->n; i++)
        if (memcmp(rows->v + i * 8, e, 8 * sizeof *e) == 0)
            return true;
    return false;
}

static void test_codebook__revive(void **state)
{
    (void)state;
    static const char *const kinds[] = {"ema", "gradient"};
    for (int kind = 0; kind < 2; kind++) {
        lab *l = lab_open(
            "sonnet", (const char *[]){"revive", "10", "codebook", kinds[kind], NULL});
        encoder_rows rows;
        vq_error err;
        const network *net = &l->s.net;
        float *e = value_of(l, net->codebook);
        size_t at = net->p.table[net->codebook].offset;
        assert_int_equal(revive(l, 11), 5);
        assert_ok(encoder_rows_init(&rows, net, 32, 32, BATCH, 1 << 20, &err), &err);
        assert_ok(encoder_rows_add(&rows, BATCH, load, l, &err), &err);
        for (int k = 0; k < 16; k++) {
            assert_int_equal(is_row(&rows, e + k * 8), k >= 11);
            for (int j = k * 8; j < k * 8 + 8; j++) {
                float want = k >= 11 && kind == 1 ? 0 : 1;
                assert_true(l->s.opt.m[at + (size_t)j] == want);
                assert_true(l->s.opt.v[at + (size_t)j] == want);
                assert_true(l->s.opt.v_max[at + (size_t)j] == want);
            }
            for (int other = 11; other < k; other++)
                assert_memory_not_equal(e + k * 8, e + other * 8, 8 * sizeof *e);
        }
        if (kind ==
            0) { /* the next update of the averages leaves them where they are */
            float before[5 * 8], *none = calloc(net->p.size, sizeof *none);
            memcpy(before, e + 11 * 8, sizeof before);
            l->s.ema_step = (int64_t)1 << 40;
            codebook_update(&l->s, none);
            assert_close(e + 11 * 8, before, 5 * 8, 1e-6, 1e-3);
            free(none);
        }
        /* nothing idle: nothing is drawn, and no picture is asked for */
        assert_int_equal(revive(l, 16), 0);
        encoder_rows_release(&rows);
        lab_close(l);
    }
}

static void test_codebook__cosine_codes_stay_unit(void **state)
{
    (void)state;
    static const char *const kinds[] = {"ema", "gradient"};
    for (int kind = 0; kind < 2; kind++) {
        lab *l = lab_open("sonnet", (const char *[]){"revive", "10", "cosine", "yes",
                                                     "codebook", kinds[kind], NULL});
        float *e = value_of(l, l->s.net.codebook);
        for (int round = 0; round < 3; round++) {
            for (int k = 0; k < 16; k++) {
                double length = 0;
                for (int j = 0; j < 8; j++)
                    length += (double)e[k * 8 + j] * (double)e[k * 8 + j];
                assert_true(fabs(length - 1) < 1e-5);
            }
            if (kind == 1)
                for (int i = 0; i < 16 * 8; i++)
                    e[i] += 0.1f; /* as an optimizer would */
            revive(l, 3 + round);
        }
        lab_close(l);
    }
}

/* ---- simvq ---- */

/* The map's codes, its gradient and its step, as PyTorch's Linear and Adam have them.
 */
static void test_codebook__simvq(void **state)
{
    (void)state;
    lab *l = lab_open("sonnet", (const char *[]){"codebook", "simvq", "codes", "6",
                                                 "code-dim", "4", NULL});
    const network *net = &l->s.net;
    float *reduced = calloc(net->p.size, sizeof *reduced), frozen[6 * 4];
    const param *w = &net->p.table[net->linear];
    assert_true(fabsf(value_of(l, net->linear)[0]) <= 0.5f);
    assert_int_equal(net->p.table[net->codebook].role, PARAM_DERIVED);
    golden_fill(value_of(l, net->frozen), 6 * 4, 2);
    golden_fill(value_of(l, net->linear), 4 * 4, 3);
    memcpy(frozen, value_of(l, net->frozen), sizeof frozen);
    network_derive_codes(&l->s.net);
    assert_close(value_of(l, net->codebook), simvq_codes, 6 * 4, 1e-6, 1e-5);
    golden_fill(reduced + net->p.table[net->codebook].offset, 6 * 4, 4);
    float squares = (float)codebook_gradients(&l->s, reduced), want = 0;
    assert_close(reduced + w->offset, simvq_dw, 4 * 4, 1e-6, 1e-5);
    for (int i = 0; i < 4 * 4; i++)
        want += simvq_dw[i] * simvq_dw[i];
    assert_close(&squares, &want, 1, 0, 1e-5);
    l->s.opt.lr = 0.01;
    l->s.opt.t = 1;
    l->s.opt.scale = 1;
    adam_update(&l->s.opt, w->offset, w->count, false, net->p.value, reduced);
    codebook_update(&l->s, reduced);
    assert_close(value_of(l, net->codebook), simvq_moved, 6 * 4, 1e-5, 1e-5);
    assert_memory_equal(value_of(l, net->frozen), frozen, sizeof frozen);
    free(reduced);
    lab_close(l);
}

const struct CMUnitTest test_codebook_suite[] = {
    cmocka_unit_test(test_codebook__rows),
    cmocka_unit_test(test_codebook__kmeans),
    cmocka_unit_test(test_codebook__revive),
    cmocka_unit_test(test_codebook__simvq),
    cmocka_unit_test(test_codebook__cosine_codes_stay_unit),
    {0},
};
