/*
 * SPDX-License-Identifier: MIT
 *
 * A disk and a memory that fail, in every place of an evaluation.
 */
#include "faults.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "codec/model.h"
#include "codec/trained.h"
#include "data/files.h"

static trained *t;
static vq_scores scores, whole;
static const char *const names[] = {"worst.png", "best.png", "atlas.png"};

static const char *in_run(const char *name)
{
    return files_path(t->folder, name);
}

static void remove_pictures(void)
{
    for (int i = 0; i < 3; i++)
        unlink(in_run(names[i]));
}

static int hear(const vq_image_scores *one, void *user)
{
    int *images = user;
    *images += one->height == 24 + one->image;
    return 0;
}

/* Pictures of several sizes, with everything that can be written of them. */
static vq_status evaluate(vq_error *err)
{
    vq_model *model;
    char path[3][400];
    int images = 0;
    vq_status status = vq_model_open(&model, t->model_path, err);
    if (status != VQ_OK)
        return status;
    for (int i = 0; i < 3; i++)
        snprintf(path[i], sizeof path[i], "%s", in_run(names[i]));
    const vq_eval_pictures pictures = {.worst = path[0],
                                       .best = path[1],
                                       .atlas = path[2],
                                       .each = hear,
                                       .user = &images};
    vq_model_set_threads(model, 1);
    vq_model_set_refine(model, 0);
    model->facts.variance = 0; /* as of a file of others: it is measured */
    status =
        vq_evaluate_pictures(model, in_run("set"), "", "all", &pictures, &scores, err);
    if (status == VQ_OK && images != 3)
        status = vq_fail(err, VQ_EINTERNAL, "told of %d images", images);
    vq_model_close(model);
    return status;
}

/* A fault that is got over changes no score; a picture is there whole or not at all. */
static void assert_scores(vq_status status)
{
    if (status == VQ_OK) {
        scores.images_per_s = whole.images_per_s;
        assert_memory_equal(&scores, &whole, sizeof scores);
    }
    for (int i = 0; i < 3; i++) {
        vq_image image;
        vq_error err;
        if (!file_exists(in_run(names[i])))
            assert_int_not_equal(status, VQ_OK);
        else {
            assert_ok(vq_image_read(&image, in_run(names[i]), &err), &err);
            vq_image_release(&image);
        }
    }
}

static void test_eval_faults__scores(void **state)
{
    (void)state;
    static const call_fault faults[] = {
        {ALLOCATION, ENOMEM, EVERY, "memory"},
        {"read", EIO, SOME, ""},
        {"write", ENOSPC, SOME, "No space left"},
        {"rename", EACCES, SOME, ""},
        {0},
    };
    vq_error err;
    char name[32];
    t = trained_open("sonnet", 4);
    files_make_folder(t->folder, "set");
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "set/%d.png", i);
        files_picture(t->folder, name, 20, 24 + i, i);
    }
    assert_ok(evaluate(&err), &err);
    whole = scores;
    assert_int_equal(whole.images, 3);
    assert_place_faults(faults, remove_pictures, evaluate, assert_scores);
    trained_close(t);
}

/* What is wrong with what is asked for is said before the work. */
static void test_eval_faults__refused(void **state)
{
    (void)state;
    vq_error err;
    t = trained_open("sonnet", 4);
    const vq_eval_pictures webp = {.worst = "x.webp"}, nowhere = {.best = "/no/x.png"};
    assert_fails(
        vq_evaluate_pictures(t->model, t->data, "", "all", &webp, &scores, &err),
        VQ_EUSAGE, &err, "x.webp");
    assert_fails(
        vq_evaluate_pictures(t->model, t->data, "", "all", &nowhere, &scores, &err),
        VQ_EIO, &err, "/no/x.png");
    assert_fails(vq_evaluate(t->model, t->data, "", "half", &scores, &err), VQ_EUSAGE,
                 &err, "half");
    assert_fails(vq_evaluate(t->model, "/nowhere", "", "all", &scores, &err), VQ_EIO,
                 &err, "/nowhere");
    trained_close(t);
}

const struct CMUnitTest test_eval_faults_suite[] = {
    cmocka_unit_test(test_eval_faults__scores),
    cmocka_unit_test(test_eval_faults__refused),
    {0},
};
