/* SPDX-License-Identifier: MIT */
#include "codec/tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "io/npy.h"
#include "tiny.h"

/* The codes of the data in memory; release. */
static vq_codes in_memory(const tokens_scene *s)
{
    vq_codes codes;
    vq_token_set set = s->set;
    set.array = set.folder = NULL;
    set.codes = &codes;
    assert_ok(vq_encode_set(s->t->model, &set, NULL, NULL, &tokens_err), &tokens_err);
    return codes;
}

/* As vq_encode gives them one by one, of either type, at any number of threads. */
static void test_token_set__array(void **state)
{
    (void)state;
    tokens_scene s;
    npy_ints a;
    tokens_set_up(&s);
    vq_codes want = in_memory(&s);
    assert_int_equal(want.n, MANY);
    for (int i = 0; i < MANY; i += 97) {
        vq_codes one;
        vq_image image = {
            .width = SIDE, .height = SIDE, .rgb = malloc(SIDE * SIDE * 3)};
        for (int k = 0; k < SIDE * SIDE * 3; k++)
            image.rgb[k] = files_byte(i, k / 3 % SIDE, k / 3 / SIDE, k % 3);
        assert_ok(vq_encode(s.t->model, &image, 1, &one, &tokens_err), &tokens_err);
        assert_memory_equal(one.index, want.index + i * GRID, GRID * 4);
        vq_image_release(&image);
        vq_codes_release(&one);
    }
    const char *first = files_path(s.out, "1.npy"), *path = files_path(s.out, "t.npy");
    for (int k = 0; k < 3; k++) {
        vq_model_set_threads(s.t->model, 1 + k);
        s.set.array = k == 0 ? first : path;
        s.set.type = k == 2 ? VQ_TOKENS_INT32 : VQ_TOKENS_AUTO;
        assert_ok(tokens_run(&s, NULL, NULL), &tokens_err);
        assert_ok(npy_read(&a, s.set.array, &tokens_err), &tokens_err);
        assert_true(a.rank == 3 && a.dims[0] == MANY && a.dims[1] == 2 &&
                    a.dims[2] == 2);
        assert_memory_equal(a.v, want.index, (size_t)a.count * 4);
        free(a.v);
        if (k == 1)
            tokens_same_files(first, path);
    }
    tokens_same_files(files_path(s.out, "1.tsv"), files_path(s.out, "t.tsv"));
    vq_codes_release(&want);
    tokens_tear_down(&s);
}

/* Of several books. */
static void test_token_set__depth(void **state)
{
    (void)state;
    tokens_scene s;
    npy_ints a;
    tokens_set_up(&s);
    vq_model *model = NULL;
    vq_config c = tiny_config("sonnet");
    char out[300];
    c.steps = 1;
    c.levels = 2;
    snprintf(c.data, sizeof c.data, "%s", s.t->data);
    snprintf(out, sizeof out, "%s/run", s.dir);
    snprintf(c.out, sizeof c.out, "%s", out);
    assert_ok(vq_train(&c, NULL, NULL, &tokens_err), &tokens_err);
    assert_ok(vq_model_open(&model, out, &tokens_err), &tokens_err);
    s.set.array = files_path(s.out, "t.npy");
    assert_ok(vq_encode_set(model, &s.set, NULL, NULL, &tokens_err), &tokens_err);
    assert_ok(npy_read(&a, s.set.array, &tokens_err), &tokens_err);
    assert_true(a.rank == 4 && a.dims[3] == 2);
    vq_codes want;
    assert_ok(vq_encode_file(model, s.data, &want, &tokens_err), &tokens_err);
    assert_int_equal(want.depth, 2);
    assert_memory_equal(a.v, want.index, (size_t)a.count * 4);
    vq_codes_release(&want);
    free(a.v);
    vq_model_close(model);
    tokens_tear_down(&s);
}

/* Stopped again and again, each time later: the same bytes in the end. */
static void test_token_set__stopped(void **state)
{
    (void)state;
    tokens_scene s;
    tokens_told t = {0};
    tokens_set_up(&s);
    vq_model_set_threads(s.t->model, 1);
    s.set.array = files_path(s.out, "whole.npy");
    assert_ok(tokens_run(&s, tokens_tell, &t), &tokens_err);
    assert_int_equal(t.last, MANY);
    const int calls = t.calls;
    assert_true(calls >= 20); /* two for each shard of 128 */
    const char *part = files_path(s.out, "t.npy.part");
    s.set.array = files_path(s.out, "t.npy");
    int stops = 0;
    for (int at = 1; at < calls; at += 2, stops++) {
        t = (tokens_told){.stop_at = at};
        s.set.resume = true;
        vq_status status = tokens_run(&s, tokens_tell, &t);
        if (status == VQ_OK)
            break;
        assert_fails(status, VQ_ESTOPPED, &tokens_err, " of 1200 pictures");
        assert_false(file_exists(s.set.array));
        assert_true(file_exists(part));
    }
    assert_true(stops > 4);
    assert_string_equal(t.note, "1024 of 1200 pictures are there");
    tokens_same_files(files_path(s.out, "whole.npy"), s.set.array);
    tokens_same_files(files_path(s.out, "whole.tsv"), files_path(s.out, "t.tsv"));
    assert_false(file_exists(part));
    tokens_tear_down(&s);
}

/* Another model, other refinement, other pictures do not go on with it. */
static void test_token_set__another_job(void **state)
{
    (void)state;
    tokens_scene s;
    tokens_told t = {.stop_at = 12};
    tokens_set_up(&s);
    vq_model_set_threads(s.t->model, 1);
    for (int folder = 0; folder < 2; folder++) {
        t.calls = 0;
        t.last = 0;
        s.set.array = folder ? NULL : files_path(s.out, "t.npy");
        s.set.folder = folder ? s.out : NULL;
        s.set.resume = false;
        assert_int_equal(tokens_run(&s, tokens_tell, &t), VQ_ESTOPPED);
        assert_fails(tokens_run(&s, NULL, NULL), VQ_EUSAGE, &tokens_err,
                     "--resume goes on");
        s.set.resume = true;
        vq_model_set_refine(s.t->model, 1);
        assert_fails(tokens_run(&s, NULL, NULL), VQ_EINPUT, &tokens_err,
                     "remove it to begin anew");
        vq_model_set_refine(s.t->model, 0);
        s.data = s.t->data;
        assert_fails(tokens_run(&s, NULL, NULL), VQ_EINPUT, &tokens_err,
                     "remove it to begin anew");
        s.data = s.array;
        vq_model *model;
        assert_ok(vq_model_open(&model, "data/cifar10.safetensors", &tokens_err),
                  &tokens_err);
        vq_model_set_refine(model, 0);
        assert_fails(vq_encode_set(model, &s.set, NULL, NULL, &tokens_err), VQ_EINPUT,
                     &tokens_err, "remove it to begin anew");
        vq_model_close(model);
        assert_ok(tokens_run(&s, NULL, NULL), &tokens_err);
    }
    tokens_tear_down(&s);
}

/* What was encoded before a damaged picture stays; --skip-bad knows it beforehand. */
static void test_token_set__damaged(void **state)
{
    (void)state;
    tokens_scene s;
    char folder[300], name[32];
    npy_ints a;
    tokens_set_up(&s);
    snprintf(folder, sizeof folder, "%s/bad", s.dir);
    assert_ok(file_make_dirs(folder, &tokens_err), &tokens_err);
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "%d.png", i);
        files_picture(folder, name, 600, 500, i); /* one a piece */
    }
    files_resize(folder, "3.png", 2000);
    s.data = folder;
    s.set.array = files_path(s.out, "t.npy");
    assert_fails(tokens_run(&s, NULL, NULL), VQ_EINPUT, &tokens_err,
                 "3.png' is not a valid PNG: it ends at byte 2000");
    assert_true(file_exists(files_path(s.out, "t.npy.part")));
    files_picture(folder, "3.png", 600, 500, 3);
    tokens_told t = {0};
    s.set.resume = true;
    assert_ok(tokens_run(&s, tokens_tell, &t), &tokens_err);
    t.last = 0;
    assert_string_equal(t.note, "3 of 5 pictures are there");
    files_resize(folder, "3.png", 2000);
    s.set.skip_bad = true;
    assert_ok(tokens_run(&s, tokens_tell, &t), &tokens_err);
    assert_non_null(strstr(t.note, "left out 1 of 5 pictures"));
    assert_ok(npy_read(&a, s.set.array, &tokens_err), &tokens_err);
    assert_int_equal(a.dims[0], 4);
    free(a.v);
    tokens_tear_down(&s);
}

/* Each allocation fails in turn; what is there after all goes on to the same bytes. */
static void test_token_set__memory(void **state)
{
    (void)state;
    tokens_scene s;
    tokens_set_up(&s);
    vq_model_set_threads(s.t->model, 1);
    s.set.array = files_path(s.out, "whole.npy");
    assert_ok(tokens_run(&s, NULL, NULL), &tokens_err);
    s.set.array = files_path(s.out, "t.npy");
    s.set.resume = true;
    long failed = 0;
    for (long i = 1; i < 500; i++) {
        vq_model_set_threads(s.t->model, 1); /* the codec is made anew, too */
        support_alloc_fail_at(i);
        vq_status status = tokens_run(&s, NULL, NULL);
        support_alloc_fail_at(0);
        if (status == VQ_OK)
            break;
        assert_int_equal(status, VQ_ENOMEM);
        failed++;
    }
    assert_true(failed > 5 && failed < 400);
    tokens_same_files(files_path(s.out, "whole.npy"), s.set.array);
    tokens_tear_down(&s);
}

static void test_token_set__refused(void **state)
{
    (void)state;
    tokens_scene s;
    tokens_set_up(&s);
    s.set.array = "/nowhere/t.npy";
    assert_fails(tokens_run(&s, NULL, NULL), VQ_EIO, &tokens_err,
                 "cannot create '/nowhere/t.npy.part': No such file");
    s.set.array = NULL;
    s.set.folder = s.array; /* a file */
    assert_fails(tokens_run(&s, NULL, NULL), VQ_EIO, &tokens_err, "Not a directory");
    s.set.folder = s.out;
    s.set.split = "half";
    assert_fails(tokens_run(&s, NULL, NULL), VQ_EUSAGE, &tokens_err, "half");
    s.set.split = NULL;
    s.data = "/nowhere";
    assert_fails(tokens_run(&s, NULL, NULL), VQ_EIO, &tokens_err,
                 "cannot open '/nowhere'");
    tokens_tear_down(&s);
}

const struct CMUnitTest test_token_set_suite[] = {
    cmocka_unit_test(test_token_set__array),
    cmocka_unit_test(test_token_set__depth),
    cmocka_unit_test(test_token_set__stopped),
    cmocka_unit_test(test_token_set__another_job),
    cmocka_unit_test(test_token_set__damaged),
    cmocka_unit_test(test_token_set__memory),
    cmocka_unit_test(test_token_set__refused),
    {0},
};
