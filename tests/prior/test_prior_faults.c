/*
 * SPDX-License-Identifier: MIT
 *
 * A disk and a memory that fail, in every place of a prior's calls.
 */
#include "faults.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "codec/tokens.h"
#include "prior/prior.h"
#include "prior/prior_file.h"
#include "prior/small.h"
#include "tiny.h"

static char model_run[400], data[300], prior_file[400];
static vq_error own;

static void set(vq_prior_config *c, const char *option, const char *value)
{
    assert_ok(vq_prior_config_set(c, option, value, &own), &own);
}

/* A training with everything that a prior's can have. */
static vq_prior_config config(const char *name)
{
    static const char *const settings[][2] = {
        {"width", "4"},      {"depth", "1"},       {"head", "4"},
        {"steps", "3"},      {"threads", "1"},     {"batch-size", "4"},
        {"log-every", "1"},  {"crop", "8"},        {"validation", "2"},
        {"clip", "0.5"},     {"weight-ema", ".9"}, {"sample-every", "3"},
        {"nameless", "0.5"}, {"save-every", "2"},
    };
    vq_prior_config c;
    vq_prior_config_default(&c);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        set(&c, settings[i][0], settings[i][1]);
    snprintf(c.training.data, sizeof c.training.data, "%s", data);
    snprintf(c.training.out, sizeof c.training.out, "%s", in_folder(name));
    snprintf(c.model, sizeof c.model, "%s", model_run);
    c.training.force = true;
    return c;
}

/* A tiny model in folder/a, and a prior of its codes in folder/p. */
static void train_both(void)
{
    vq_config c = tiny_config("sonnet");
    tiny_data(folder_path(), 12, data);
    c.steps = 1;
    snprintf(c.data, sizeof c.data, "%s", data);
    snprintf(c.out, sizeof c.out, "%s", in_folder("a"));
    assert_ok(vq_train(&c, NULL, NULL, &own), &own);
    snprintf(model_run, sizeof model_run, "%s", in_folder("a"));
    const vq_prior_config p = config("p");
    assert_ok(vq_prior_train(&p, NULL, NULL, &own), &own);
    snprintf(prior_file, sizeof prior_file, "%s", in_folder("p/model.safetensors"));
}

static const call_fault faults[] = {
    {ALLOCATION, ENOMEM, SOME, "memory"},
    {"read", EIO, SOME, ""},
    {0},
};

/* ---- training ----------------------------------------------------------------------
 */

static vq_status train_again(vq_error *err)
{
    vq_prior_config c = config("q");
    snprintf(c.training.init, sizeof c.training.init, "%s", prior_file);
    return vq_prior_train(&c, NULL, NULL, err);
}

/* A run that failed is one that can be gone on with, or that never began. */
static void assert_goes_on(vq_status status)
{
    vq_prior *prior;
    if (status == VQ_OK || file_exists(in_folder("q/model.safetensors"))) {
        assert_ok(vq_prior_open(&prior, in_folder("q/model.safetensors"), &own), &own);
        vq_prior_close(prior);
    }
}

static void remove_run(void)
{
    support_folder_remove(in_folder("q"));
}

static void test_prior_faults__training(void **state)
{
    (void)state;
    static const call_fault writing[] = {
        {ALLOCATION, ENOMEM, SOME, "memory"},
        {"read", EIO, SOME, ""},
        {"write", ENOSPC, SOME, "No space left"},
        {0},
    };
    train_both();
    assert_place_faults(writing, remove_run, train_again, assert_goes_on);
}

/* --init is a prior of the sizes that are asked for; the order, of pictures there are.
 */
static void test_prior_faults__training_refused(void **state)
{
    (void)state;
    train_both();
    vq_prior_config c = config("q");
    snprintf(c.training.init, sizeof c.training.init, "%s", prior_file);
    set(&c, "width", "6");
    assert_fails(vq_prior_train(&c, NULL, NULL, &own), VQ_EINPUT, &own,
                 "is a prior of other sizes than the options ask for");
    snprintf(c.training.init, sizeof c.training.init, "%s", data);
    assert_fails(vq_prior_train(&c, NULL, NULL, &own), VQ_EINPUT, &own, "train.bin");
    c = config("q");
    snprintf(c.training.order, sizeof c.training.order, "%s", data);
    assert_fails(vq_prior_train(&c, NULL, NULL, &own), VQ_EINPUT, &own, "train.bin");
    c = config("q");
    snprintf(c.training.order, sizeof c.training.order, "%s", in_folder("order.npy"));
    int32_t index[12] = {[3] = 24}; /* 10 pictures to learn from, and mirrored */
    const vq_codes order = {.n = 1, .h = 1, .w = 12, .index = index};
    assert_ok(vq_codes_write(&order, c.training.order, VQ_CODES_NPY, &own), &own);
    assert_fails(vq_prior_train(&c, NULL, NULL, &own), VQ_EINPUT, &own,
                 "order.npy': entry 3 of the order is image 24, outside [0, 20)");
    c = config("q");
    set(&c, "validation", "12");
    assert_fails(vq_prior_train(&c, NULL, NULL, &own), VQ_EUSAGE, &own,
                 "has 12 pictures, too few to hold out 12 of them");
    assert_false(file_exists(in_folder("q")));
}

/* ---- an opened prior ---------------------------------------------------------------
 */

enum { DRAWN = 50 };

/* A prior of the model's codes that foresees them well enough for files of its own. */
static void make_coder(void)
{
    prior_shape shape = small_shape(1, 0);
    vq_model *model;
    pixelcnn net;
    shape.codes = 16;
    small_net(&net, shape, 3);
    assert_ok(vq_model_open(&model, model_run, &own), &own);
    const prior_facts facts = {.model = vq_model_fingerprint(model), .h = 8, .w = 8};
    snprintf(prior_file, sizeof prior_file, "%s", in_folder("coder.safetensors"));
    assert_ok(prior_save(&net, &facts, false, prior_file, &own), &own);
    pixelcnn_release(&net);
    vq_model_close(model);
}

/* Drawn, coded and read again. */
static vq_status draw_and_write(vq_error *err)
{
    vq_prior *prior = NULL;
    vq_codes codes = {0}, more = {0}, back = {0};
    static const unsigned char keep[64] = {1, 1, 1};
    vq_sampling how = {.n = DRAWN, .temperature = 1, .top_p = 1};
    char path[400];
    vq_status status;
    snprintf(path, sizeof path, "%s", in_folder("c.vqt"));
    TRY(vq_prior_open(&prior, prior_file, err));
    vq_prior_set_threads(prior, 1);
    TRY(vq_prior_sample(prior, &how, &codes, err));
    how.given = &codes;
    how.keep = keep;
    TRY(vq_prior_sample(prior, &how, &more, err));
    TRY(vq_prior_write(prior, &more, path, err));
    TRY(vq_prior_read(prior, &back, path, err));
    if (memcmp(back.index, more.index, DRAWN * 64 * sizeof *back.index) != 0)
        status = vq_fail(err, VQ_EINTERNAL, "other codes");
out:
    vq_codes_release(&codes);
    vq_codes_release(&more);
    vq_codes_release(&back);
    vq_prior_close(prior);
    return status;
}

static void remove_codes(void)
{
    unlink(in_folder("c.vqt"));
    unlink(in_folder("half.safetensors"));
}

static vq_status evaluate(vq_error *err)
{
    vq_prior *prior = NULL;
    vq_model *model = NULL;
    vq_prior_scores scores;
    vq_status status;
    TRY(vq_prior_open(&prior, prior_file, err));
    TRY(vq_model_open(&model, model_run, err));
    vq_prior_set_threads(prior, 1);
    vq_model_set_refine(model, 0);
    TRY(vq_prior_evaluate(prior, model, data, "", "test", &scores, err));
    if (scores.images != 12)
        status = vq_fail(err, VQ_EINTERNAL, "other pictures");
out:
    vq_model_close(model);
    vq_prior_close(prior);
    return status;
}

static vq_status save_half(vq_error *err)
{
    vq_prior *prior = NULL;
    char path[400];
    vq_status status;
    snprintf(path, sizeof path, "%s", in_folder("half.safetensors"));
    TRY(vq_prior_open(&prior, prior_file, err));
    TRY(vq_prior_save(prior, path, true, err));
out:
    vq_prior_close(prior);
    return status;
}

static void test_prior_faults__opened(void **state)
{
    (void)state;
    train_both();
    assert_place_faults(faults, NULL, evaluate, NULL);
    make_coder();
    const int entries = folder_entries();
    assert_place_faults(faults, remove_codes, save_half, NULL);
    assert_place_faults(faults, remove_codes, draw_and_write, NULL);
    remove_codes();
    assert_int_equal(folder_entries(), entries);
}

/* A file that a prior coded, with a byte changed: refused, or the same codes as before.
 * Where no prior is named it is found by its number, which here is none that is known.
 */
static void test_prior_faults__damaged(void **state)
{
    (void)state;
    vq_codes codes, whole;
    vq_prior *prior;
    unsigned char *bytes;
    size_t size;
    train_both();
    make_coder();
    assert_ok(draw_and_write(&own), &own);
    assert_ok(vq_prior_open(&prior, prior_file, &own), &own);
    assert_fails(vq_codes_read(&codes, in_folder("c.vqt"), &own), VQ_EINPUT, &own,
                 "coded by a prior");
    assert_fails(vq_prior_read(NULL, &codes, in_folder("c.vqt"), &own), VQ_EINPUT, &own,
                 "was coded by the prior");
    assert_ok(vq_prior_read(prior, &whole, in_folder("c.vqt"), &own), &own);
    assert_ok(file_read(in_folder("c.vqt"), 1 << 20, &bytes, &size, &own), &own);
    int refused = 0, tried = 0;
    for (size_t i = 0; i < size; i += i < 64 ? 1 : 101, tried++) {
        bytes[i] ^= 0x10;
        assert_ok(file_write(in_folder("bad.vqt"), bytes, size, &own), &own);
        bytes[i] ^= 0x10;
        const vq_status status =
            vq_prior_read(prior, &codes, in_folder("bad.vqt"), &own);
        if (status == VQ_OK)
            assert_memory_equal(codes.index, whole.index,
                                DRAWN * 64 * sizeof *whole.index);
        else
            assert_int_equal(status, VQ_EINPUT);
        refused += status != VQ_OK;
        vq_codes_release(&codes);
    }
    assert_true(refused > tried / 2);
    free(bytes);
    vq_codes_release(&whole);
    vq_prior_close(prior);
}

const struct CMUnitTest test_prior_faults_suite[] = {
    folder_test(test_prior_faults__training),
    folder_test(test_prior_faults__training_refused),
    folder_test(test_prior_faults__opened),
    folder_test(test_prior_faults__damaged),
    {0},
};
