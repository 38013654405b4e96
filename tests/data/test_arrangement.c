/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/arrangement.h"

enum { MOST = 24 };

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/*
 * Arrange the paths, put in order, and write down what comes of each: t, v, e (for
 * test) or - (left out), then the name of its class, if it has one.
 */
static arrangement check(const char *const *paths, const char *want)
{
    vq_error err;
    arrangement a;
    char *path[MOST], got[1024] = "";
    int n = 0;
    for (; paths[n]; n++)
        path[n] = strdup(paths[n]);
    qsort(path, (size_t)n, sizeof *path, compare);
    assert_ok(arrangement_make(&a, path, n, &err), &err);
    for (int i = 0; i < n; i++) {
        size_t at = strlen(got);
        snprintf(got + at, sizeof got - at, "%s%s:%c%s", i ? " " : "", path[i],
                 "tveE-"[a.split[i]], a.label[i] < 0 ? "" : a.class_name[a.label[i]]);
        free(path[i]);
    }
    assert_string_equal(got, want);
    for (int i = 1; i < a.n_classes; i++)
        assert_true(strcmp(a.class_name[i - 1], a.class_name[i]) < 0);
    return a;
}
#define CHECK(want, ...)                                                               \
    do {                                                                               \
        arrangement a_ = check((const char *const[]){__VA_ARGS__, NULL}, want);        \
        arrangement_release(&a_);                                                      \
    } while (0)

/* Nothing says it: every tenth. A word of a name says it: no part of another word. */
static void test_arrangement__flat(void **state)
{
    (void)state;
    CHECK("a:t b:t", "b", "a");
    CHECK("0:t 1:t 2:t 3:t 4:t 5:t 6:t 7:t 8:t 9:e a:t", "0", "1", "2", "3", "4", "5",
          "6", "7", "8", "9", "a");
    CHECK("a.png:t b-test.png:e contest.png:t latest.png:t", "a.png", "b-test.png",
          "contest.png", "latest.png");
    /* a word of a folder counts for nothing, unless it is all of its name */
    CHECK("a b test/1:ta b test x/2:tx", "a b test/1", "x/2");
}

static void test_arrangement__folders(void **state)
{
    (void)state;
    CHECK("test/b:e train/a:t", "train/a", "test/b");
    CHECK("Test/b:e Train/a:t VALID/c:v", "Train/a", "Test/b", "VALID/c");
    CHECK("testing/b:e training/a:t val/d:v validation/c:v", "training/a", "testing/b",
          "validation/c", "val/d");
    /* without train, what lies outside is trained on; with it, left out */
    CHECK("a:t test/b:e", "a", "test/b");
    CHECK("a:- test/b:e train/c:t", "a", "test/b", "train/c");
    /* names no longer count where folders do */
    CHECK("train/my-test.png:t train/x.png:t", "train/my-test.png", "train/x.png");
    CHECK("some/deep/test/b:e some/deep/train/a:t", "some/deep/train/a",
          "some/deep/test/b");
    CHECK("contest/b:tcontest latest/a:tlatest", "contest/b", "latest/a");
}

static void test_arrangement__classes(void **state)
{
    (void)state;
    CHECK("cats/1:tcats cats/2:tcats dogs/1:tdogs", "cats/1", "dogs/1", "cats/2");
    CHECK("test/cats/1:ecats train/cats/1:tcats train/dogs/1:tdogs", "train/cats/1",
          "train/dogs/1", "test/cats/1");
    CHECK("cats/test/1:ecats cats/train/1:tcats dogs/train/1:tdogs", "cats/train/1",
          "cats/test/1", "dogs/train/1");
    CHECK("set/train/a/x/1:ta set/train/b/1:tb", "set/train/a/x/1", "set/train/b/1");
    /* a class that starts like another */
    CHECK("a b/1:ta b a/1:ta aa/1:taa ab/1:tab b/1:tb", "a/1", "aa/1", "ab/1", "a b/1",
          "b/1");
    /* one class is none; nor are there any where a picture has none */
    CHECK("cats/1:t cats/2:t", "cats/1", "cats/2");
    CHECK("0:t cats/1:t dogs/1:t", "0", "cats/1", "dogs/1");
    /* but what is left out does not matter */
    CHECK("0:- train/cats/1:tcats train/dogs/1:tdogs", "0", "train/cats/1",
          "train/dogs/1");
}

static void test_arrangement__counts(void **state)
{
    (void)state;
    arrangement a = check((const char *const[]){"0", "1", "train/a/1", "train/b/1",
                                                "train/2", "val/a/1", NULL},
                          "0:- 1:- train/2:t train/a/1:t train/b/1:t val/a/1:v");
    assert_int_equal(a.left_out, 2);
    assert_int_equal(a.unlabelled, 1);
    assert_int_equal(a.n_classes, 0);
    assert_true(a.has[SPLIT_TRAIN] && a.has[SPLIT_VAL] && !a.has[SPLIT_TEST]);
    /* val stands in for test, and all is what is not left out */
    static const bool takes[4][6] = {{false, false, true, true, true, false},
                                     {false, false, false, false, false, true},
                                     {false, false, false, false, false, true},
                                     {false, false, true, true, true, true}};
    for (int split = SPLIT_TRAIN; split <= SPLIT_ALL; split++)
        for (int i = 0; i < 6; i++)
            assert_int_equal(arrangement_takes(&a, (data_split)split, i),
                             takes[split][i]);
    arrangement_release(&a);
    a = check((const char *const[]){"train/1", "val/1", "test/1", NULL},
              "test/1:e train/1:t val/1:v");
    assert_true(arrangement_takes(&a, SPLIT_TEST, 0));
    assert_false(arrangement_takes(&a, SPLIT_TEST, 2));
    arrangement_release(&a);
}

static void test_arrangement__failed_allocations(void **state)
{
    (void)state;
    char *path[] = {"a/1", "b/1", "b/2"};
    vq_status status = VQ_ENOMEM;
    int failures = 0;
    for (int at = 1; status != VQ_OK; at++) {
        vq_error err;
        arrangement a;
        support_alloc_fail_at(at);
        status = arrangement_make(&a, path, 3, &err);
        support_alloc_fail_at(0);
        arrangement_release(&a);
        failures += status != VQ_OK;
        assert_true(at < 100);
    }
    assert_int_equal(failures, 3); /* splits, labels, names */
}

const struct CMUnitTest test_arrangement_suite[] = {
    cmocka_unit_test(test_arrangement__flat),
    cmocka_unit_test(test_arrangement__folders),
    cmocka_unit_test(test_arrangement__classes),
    cmocka_unit_test(test_arrangement__counts),
    cmocka_unit_test(test_arrangement__failed_allocations),
    {0},
};
