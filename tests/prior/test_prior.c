/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/model.h"
#include "prior/corpus.h"
#include "prior/prior.h"
#include "prior/small.h"
#include "tiny.h"

/* A tiny model, the data it was trained on, and an untrained prior of its codes. */
typedef struct lab {
    char folder[256], data[300], path[300];
    vq_model *model;
    vq_prior *prior;
} lab;

static void lab_open(lab *l, int classes, bool nameless)
{
    vq_error err;
    char model[300];
    pixelcnn net;
    vq_config c = tiny_config("sonnet");
    support_folder_make(l->folder);
    tiny_data(l->folder, 20, l->data);
    c.steps = 2;
    snprintf(c.data, sizeof c.data, "%s", l->data);
    snprintf(c.out, sizeof c.out, "%s/run", l->folder);
    assert_ok(vq_train(&c, NULL, NULL, &err), &err);
    snprintf(model, sizeof model, "%s/run/model.safetensors", l->folder);
    assert_ok(vq_model_open(&l->model, model, &err), &err);
    prior_shape shape = small_shape(1, classes);
    shape.codes = c.codes;
    small_net(&net, shape, 3);
    prior_facts facts = {.model = vq_model_fingerprint(l->model),
                         .h = 8,
                         .w = 8,
                         .nameless = nameless,
                         .classes = "ant,bee"};
    snprintf(l->path, sizeof l->path, "%s/p.safetensors", l->folder);
    assert_ok(prior_save(&net, &facts, false, l->path, &err), &err);
    pixelcnn_release(&net);
    assert_ok(vq_prior_open(&l->prior, l->path, &err), &err);
}

static void lab_close(lab *l)
{
    vq_prior_close(l->prior);
    vq_model_close(l->model);
    support_folder_remove(l->folder);
}

static void test_prior__describes(void **state)
{
    (void)state;
    lab l;
    vq_error err;
    vq_prior_info info;
    int label;
    lab_open(&l, 3, true);
    vq_prior_describe(l.prior, &info);
    assert_string_equal(info.source, l.path);
    assert_int_equal(info.classes, 2);
    assert_true(info.nameless && info.model == vq_model_fingerprint(l.model));
    assert_int_equal(info.h, 8);
    assert_ok(vq_prior_fits(l.prior, l.model, &err), &err);
    assert_ok(vq_prior_class(l.prior, "bee", &label, &err), &err);
    assert_int_equal(label, 1);
    assert_ok(vq_prior_class(l.prior, "0", &label, &err), &err);
    assert_int_equal(label, 0);
    const char *const wrong[] = {"be", "bee,", "2", "-1", "", "1x"};
    for (int i = 0; i < 6; i++)
        assert_fails(vq_prior_class(l.prior, wrong[i], &label, &err), VQ_EUSAGE, &err,
                     "there are 0 to 1, or ant,bee");
    l.prior->facts.model ^= 1;
    assert_fails(vq_prior_fits(l.prior, l.model, &err), VQ_EINPUT, &err,
                 "belongs to another model");
    l.prior->facts.model = 0; /* from PyTorch: it cannot be told */
    assert_ok(vq_prior_fits(l.prior, l.model, &err), &err);
    lab_close(&l);
}

static void refused(lab *l, vq_sampling s, vq_status status, const char *why)
{
    vq_codes codes;
    vq_error err;
    assert_fails(vq_prior_sample(l->prior, &s, &codes, &err), status, &err, why);
    assert_null(codes.index);
}

static void test_prior__samples(void **state)
{
    (void)state;
    lab l;
    vq_error err;
    vq_codes codes, more;
    const int label[3] = {1, -1, 0}, wrong[1] = {2};
    unsigned char keep[64] = {1, 1, 0, 1};
    const vq_sampling usual = {.n = 1, .temperature = 1, .top_p = 1, .seed = 4};
    vq_sampling s = usual;
    lab_open(&l, 3, true);
    s.n = 3;
    s.label = label;
    assert_ok(vq_prior_sample(l.prior, &s, &codes, &err), &err);
    assert_int_equal(codes.h, 8);
    assert_true(codes.fingerprint == vq_model_fingerprint(l.model));
    s.given = &codes; /* each goes on from its own, or all from one */
    s.keep = keep;
    s.seed = 5;
    assert_ok(vq_prior_sample(l.prior, &s, &more, &err), &err);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 64; k++)
            if (keep[k])
                assert_int_equal(more.index[i * 64 + k], codes.index[i * 64 + k]);
    assert_memory_not_equal(more.index, codes.index, 64 * sizeof *more.index);
    vq_codes_release(&more);

    s = usual;
    s.label = wrong;
    refused(&l, s, VQ_EUSAGE, "no class 2");
    s = usual;
    s.given = &codes;
    refused(&l, s, VQ_EUSAGE, "go together");
    s.keep = keep;
    refused(&l, s, VQ_EUSAGE, "3 grids of 8 x 8 codes are given for 1 of 8 x 8");
    s.n = 3;
    codes.index[7] = 99;
    refused(&l, s, VQ_EINPUT, "code 99 is outside");
    s = usual;
    s.h = 8;
    refused(&l, s, VQ_EUSAGE, "cannot draw 1 grids of 0 x 8");
    l.prior->facts.h = l.prior->facts.w = 0;
    refused(&l, usual, VQ_EUSAGE, "does not say its size");
    vq_codes_release(&codes);
    lab_close(&l);
    lab_open(&l, 2, false);
    refused(&l, usual, VQ_EUSAGE, "draws nothing without a class");
    lab_close(&l);
}

static void test_prior__files(void **state)
{
    (void)state;
    lab l;
    vq_error err;
    vq_codes codes, back;
    char path[300];
    lab_open(&l, 0, false);
    const vq_sampling s = {.n = 200, .temperature = 1, .top_p = 1};
    assert_ok(vq_prior_sample(l.prior, &s, &codes, &err), &err);
    codes.width = 31;
    codes.height = 32;
    snprintf(path, sizeof path, "%s/c.vqt", l.folder);
    assert_ok(vq_prior_write(l.prior, &codes, path, &err), &err);
    assert_fails(vq_codes_read(&back, path, &err), VQ_EINPUT, &err, "coded by a prior");
    assert_ok(vq_prior_read(l.prior, &back, path, &err), &err);
    assert_memory_equal(codes.index, back.index, 200 * 64 * sizeof *back.index);
    assert_true(back.width == 31 && back.fingerprint == codes.fingerprint);
    vq_codes_release(&back);
    for (int i = 0; i < 200 * 64; i++) /* what it does not foresee is written plainly */
        codes.index[i] = i * 7 % 16;
    assert_ok(vq_prior_write(l.prior, &codes, path, &err), &err);
    assert_ok(vq_codes_read(&back, path, &err), &err);
    vq_codes_release(&back);
    codes.fingerprint++;
    assert_fails(vq_prior_write(l.prior, &codes, path, &err), VQ_EINPUT, &err,
                 "belongs to another model");
    vq_codes_release(&codes);
    lab_close(&l);
}

/* A corpus is what vq_encode says, with its mirror images behind. */
static void test_prior__corpus(void **state)
{
    (void)state;
    lab l;
    vq_error err;
    vq_codes codes;
    corpus c;
    lab_open(&l, 0, false);
    const corpus_request r = {.data = l.data, .split = SPLIT_TRAIN, .mirror = true};
    assert_ok(corpus_open(&c, l.model, &r, &err), &err);
    assert_ok(vq_encode_file(l.model, l.data, &codes, &err), &err);
    assert_int_equal(c.n, 40);
    assert_int_equal(c.pictures, 20);
    assert_int_equal(c.classes, 10);
    assert_memory_equal(corpus_codes(&c, 0), codes.index, 20 * 64 * sizeof *c.codes);
    assert_int_equal(corpus_label(&c, 3), corpus_label(&c, 23));
    assert_true(strncmp(c.names, "airplane,automobile", 19) == 0);
    double bits = corpus_order0(&c);
    assert_true(bits > 0 && bits <= 4);
    vq_codes_release(&codes);
    corpus_release(&c);
    lab_close(&l);
}

static bool stop(void *user, int64_t done, int64_t all)
{
    (void)user;
    return done < all;
}

static void test_prior__corpus_stops(void **state)
{
    (void)state;
    lab l;
    vq_error err;
    corpus c;
    lab_open(&l, 0, false);
    const corpus_request r = {.data = l.data, .split = SPLIT_TRAIN, .watch = stop};
    assert_fails(corpus_open(&c, l.model, &r, &err), VQ_ESTOPPED, &err, "stopped");
    assert_null(c.codes);
    lab_close(&l);
}

static void test_prior__scores(void **state)
{
    (void)state;
    lab l;
    vq_error err;
    vq_prior_scores s;
    lab_open(&l, 0, false);
    assert_ok(vq_prior_evaluate(l.prior, l.model, l.data, "", "test", &s, &err), &err);
    assert_int_equal(s.images, 20);
    assert_true(s.uniform_bits == 4 && s.bits > 3 && s.bits < 6);
    assert_true(s.bytes == s.bits * 8);
    small_overflow(&l.prior->net);
    assert_fails(vq_prior_evaluate(l.prior, l.model, l.data, "", "test", &s, &err),
                 VQ_EINPUT, &err, "gives infinities");
    lab_close(&l);
    lab_open(&l, 2, false); /* of another number of classes */
    assert_fails(vq_prior_evaluate(l.prior, l.model, l.data, "", "test", &s, &err),
                 VQ_EINPUT, &err, "has 10 classes, but");
    lab_close(&l);
}

const struct CMUnitTest test_prior_suite[] = {
    cmocka_unit_test(test_prior__describes),
    cmocka_unit_test(test_prior__samples),
    cmocka_unit_test(test_prior__files),
    cmocka_unit_test(test_prior__corpus),
    cmocka_unit_test(test_prior__corpus_stops),
    cmocka_unit_test(test_prior__scores),
    {0},
};
