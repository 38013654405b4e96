/*
 * SPDX-License-Identifier: MIT
 *
 * One array that ranks write together.
 */
#include "codec/tokens.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cluster/ranks.h"
#include "tiny.h"

/* What the ranks do alike, and one of them not. */
typedef struct job {
    const tokens_scene *s;
    tokens_told told; /* of rank 0 */
    int odd;          /* -1: none */
    const char *odd_data;
    int odd_passes;
} job;

static vq_status encode(void *user, int rank, vq_error *err)
{
    job *j = user;
    vq_model *model;
    vq_token_set set = j->s->set;
    const char *data = rank == j->odd && j->odd_data ? j->odd_data : j->s->data;
    vq_codes codes = {0};
    vq_status status = vq_model_open(&model, j->s->t->model_path, err);
    if (status != VQ_OK)
        return status;
    vq_model_set_threads(model, 1);
    vq_model_set_refine(model, rank == j->odd ? j->odd_passes : 0);
    set.data = &data;
    set.codes = set.array || set.folder ? NULL : &codes;
    status = vq_encode_set(model, &set, rank == 0 ? tokens_tell : NULL, &j->told, err);
    vq_codes_release(&codes);
    vq_model_close(model);
    return status;
}

/* Ranks begin, of which rank 0 is told to stop; others go on: the bytes that one makes
 * alone. Of three pieces not all five ranks have one. */
static void test_token_ranks__same_bytes(void **state)
{
    (void)state;
    static const int ranks[][2] = {{2, 3}, {3, 2}, {3, 5}};
    tokens_scene s;
    rank_result result[RANKS_MAX];
    tokens_set_up(&s);
    s.set.array = files_path(s.out, "whole.npy");
    assert_ok(tokens_run(&s, NULL, NULL), &tokens_err);
    for (int i = 0; i < 3; i++) {
        job j = {.s = &s, .odd = -1};
        s.set.array = files_path(s.out, "t.npy");
        s.set.resume = false;
        j.told.stop_at = 8;
        ranks_run(ranks[i][0], encode, &j, result);
        assert_ranks(result, ranks[i][0], VQ_ESTOPPED, " of 1200 pictures");
        assert_true(file_exists(files_path(s.out, "t.npy.part")));
        assert_false(file_exists(s.set.array));
        s.set.resume = true;
        j.told = (tokens_told){0};
        ranks_run(ranks[i][1], encode, &j, result);
        assert_ranks(result, ranks[i][1], VQ_OK, "");
        tokens_same_files(files_path(s.out, "whole.npy"), s.set.array);
        tokens_same_files(files_path(s.out, "whole.tsv"), files_path(s.out, "t.tsv"));
        assert_int_equal(remove(s.set.array), 0);
    }
    tokens_tear_down(&s);
}

/* Other options or other pictures on one rank make no array. */
static void test_token_ranks__must_be_alike(void **state)
{
    (void)state;
    tokens_scene s;
    rank_result result[RANKS_MAX];
    tokens_set_up(&s);
    s.set.array = files_path(s.out, "t.npy");
    job j = {.s = &s, .odd = 1, .odd_passes = 1};
    ranks_run(2, encode, &j, result);
    assert_ranks(result, 2, VQ_EINPUT,
                 "rank 1: the model, the data or the options are not rank 0's");
    j.odd_passes = 0;
    j.odd_data = s.t->data;
    ranks_run(2, encode, &j, result);
    assert_ranks(result, 2, VQ_EINPUT, "rank 1: the model, the data or the options");
    j.odd_data = "/nowhere";
    ranks_run(3, encode, &j, result);
    assert_ranks(result, 3, VQ_EIO, "rank 1: cannot open '/nowhere'");
    j.odd = 0;
    ranks_run(2, encode, &j, result);
    assert_ranks(result, 2, VQ_EIO, "cannot open '/nowhere'");
    assert_false(file_exists(files_path(s.out, "t.npy.part")));
    s.set.array = "/nowhere/t.npy"; /* rank 0 cannot begin it */
    j.odd = -1;
    ranks_run(2, encode, &j, result);
    assert_ranks(result, 2, VQ_EIO, "cannot create '/nowhere/t.npy.part'");
    tokens_tear_down(&s);
}

/* A folder or codes in memory are for one rank. */
static void test_token_ranks__arrays_alone(void **state)
{
    (void)state;
    tokens_scene s;
    rank_result result[RANKS_MAX];
    tokens_set_up(&s);
    job j = {.s = &s, .odd = -1};
    for (int folder = 0; folder < 2; folder++) {
        s.set.folder = folder ? s.out : NULL;
        ranks_run(2, encode, &j, result);
        assert_ranks(result, 2, VQ_EUSAGE, "several ranks write one .npy together");
    }
    tokens_tear_down(&s);
}

const struct CMUnitTest test_token_ranks_suite[] = {
    cmocka_unit_test(test_token_ranks__same_bytes),
    cmocka_unit_test(test_token_ranks__must_be_alike),
    cmocka_unit_test(test_token_ranks__arrays_alone),
    {0},
};
