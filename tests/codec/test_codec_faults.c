/*
 * SPDX-License-Identifier: MIT
 *
 * A disk and a memory that fail, in every place of the calls of an opened model.
 */
#include "faults.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "codec/tokens.h"

static trained *t;
static char picture[300], out[300];
static vq_error own;

/* A model, a picture of odd sides, and a folder to write to. */
static void open_scene(void)
{
    t = trained_open("sonnet", 4);
    files_picture(t->folder, "in.png", 41, 23, 3);
    snprintf(picture, sizeof picture, "%s/in.png", t->folder);
    snprintf(out, sizeof out, "%s/out", t->folder);
}

static void begin(void)
{
    support_folder_remove(out);
    assert_ok(file_make_dirs(out, &own), &own);
}

static const char *in_out(const char *name)
{
    return files_path(out, name);
}

static vq_status open_model(vq_model **model, vq_error *err)
{
    const vq_status status = vq_model_open(model, t->model_path, err);
    if (status == VQ_OK) {
        vq_model_set_threads(*model, 1);
        vq_model_set_refine(*model, 1);
    }
    return status;
}

/* ---- pictures ----------------------------------------------------------------------
 */

static vq_status reconstruct(vq_error *err)
{
    vq_model *model;
    vq_quality quality;
    char path[400];
    snprintf(path, sizeof path, "%s", in_out("out.png"));
    vq_status status = open_model(&model, err);
    if (status == VQ_OK)
        status = vq_reconstruct_file(model, picture, path, true, &quality, err);
    vq_model_close(model);
    return status;
}

/* Two pictures to codes and back. */
static vq_status encode_and_decode(vq_error *err)
{
    vq_model *model;
    vq_image images[2] = {{0}}, back[2] = {{0}};
    vq_codes codes = {0};
    vq_status status = open_model(&model, err);
    for (int i = 0; i < 2 && status == VQ_OK; i++)
        status = vq_image_read(&images[i], picture, err);
    if (status == VQ_OK)
        status = vq_encode(model, images, 2, &codes, err);
    if (status == VQ_OK)
        status = vq_decode_many(model, &codes, 0, 2, back, err);
    if (status == VQ_OK && back[1].width != 41)
        status = vq_fail(err, VQ_EINTERNAL, "a picture of %d", back[1].width);
    for (int i = 0; i < 2; i++) {
        vq_image_release(&images[i]);
        vq_image_release(&back[i]);
    }
    vq_codes_release(&codes);
    vq_model_close(model);
    return status;
}

/* The picture is there as it should be, or not at all; what fails after it has its name
 * leaves it. */
static void assert_picture_or_none(vq_status status)
{
    const bool there = file_exists(in_out("out.png"));
    assert_true(there || status != VQ_OK);
    if (there)
        tokens_same_files(in_out("out.png"), files_path(t->folder, "whole.png"));
}

static const call_fault reading[] = {
    {ALLOCATION, ENOMEM, EVERY, "memory"},
    {"read", EIO, SOME, ""},
    {0},
};

static const call_fault writing[] = {
    {ALLOCATION, ENOMEM, EVERY, "memory"},
    {"read", EIO, SOME, ""},
    {"write", ENOSPC, SOME, "No space left"},
    {"fsync", EIO, SOME, ""},
    {"rename", EACCES, SOME, ""},
    {0},
};

static void test_codec_faults__pictures(void **state)
{
    (void)state;
    open_scene();
    begin();
    assert_ok(reconstruct(&own), &own);
    assert_int_equal(rename(in_out("out.png"), files_path(t->folder, "whole.png")), 0);
    assert_place_faults(writing, begin, reconstruct, assert_picture_or_none);
    assert_place_faults(reading, NULL, encode_and_decode, NULL);
    trained_close(t);
}

/* ---- data sets ---------------------------------------------------------------------
 */

static bool into_array, resumes;

static vq_status encode_set(vq_error *err)
{
    vq_model *model;
    char array[400];
    const char *data = t->data;
    snprintf(array, sizeof array, "%s", in_out("t.npy"));
    const vq_token_set set = {.data = &data,
                              .n_data = 1,
                              .array = into_array ? array : NULL,
                              .folder = into_array ? NULL : out,
                              .resume = resumes};
    vq_status status = open_model(&model, err);
    if (status == VQ_OK)
        status = vq_encode_set(model, &set, NULL, NULL, err);
    vq_model_close(model);
    return status;
}

/* What was left can be gone on with, to what would have been without the fault. */
static void assert_goes_on(vq_status status)
{
    resumes = true;
    if (status != VQ_OK)
        assert_ok(encode_set(&own), &own);
    resumes = false;
    const char *const names[] = {into_array ? "t.npy" : "00019.vqt",
                                 into_array ? "t.tsv" : "index.tsv"};
    char whole[300];
    snprintf(whole, sizeof whole, "%s/%s", t->folder, into_array ? "array" : "files");
    for (int i = 0; i < 2; i++)
        tokens_same_files(in_out(names[i]), files_path(whole, names[i]));
    assert_false(file_exists(in_out("t.npy.part")));
    assert_false(file_exists(in_out("encode.part")));
}

static vq_status encode_into_memory(vq_error *err)
{
    vq_model *model;
    vq_codes codes = {0};
    vq_status status = open_model(&model, err);
    if (status == VQ_OK)
        status = vq_encode_file(model, t->data, &codes, err);
    if (status == VQ_OK && codes.n != 20)
        status = vq_fail(err, VQ_EINTERNAL, "%d pictures", codes.n);
    vq_codes_release(&codes);
    vq_model_close(model);
    return status;
}

static void test_codec_faults__sets(void **state)
{
    (void)state;
    open_scene();
    for (int array = 0; array < 2; array++) {
        into_array = array;
        begin();
        assert_ok(encode_set(&own), &own);
        assert_int_equal(rename(out, files_path(t->folder, array ? "array" : "files")),
                         0);
        assert_place_faults(writing, begin, encode_set, assert_goes_on);
    }
    assert_place_faults(reading, NULL, encode_into_memory, NULL);
    trained_close(t);
}

const struct CMUnitTest test_codec_faults_suite[] = {
    cmocka_unit_test(test_codec_faults__pictures),
    cmocka_unit_test(test_codec_faults__sets),
    {0},
};
