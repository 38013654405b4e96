/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <string.h>

#include "data/split.h"

static void test_split__names(void **state)
{
    (void)state;
    static const char *const names[] = {"train", "val", "test", "all"};
    vq_error err;
    data_split split;
    for (int i = 0; i < 4; i++) {
        assert_ok(split_parse(&split, names[i], &err), &err);
        assert_string_equal(split_name(split), names[i]);
    }
    assert_fails(split_parse(&split, "tests", &err), VQ_EUSAGE, &err,
                 "no split 'tests': want train, val, test or all");
    assert_fails(split_parse(&split, "", &err), VQ_EUSAGE, &err, "no split ''");
}

static void test_split__of_folder(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        data_split want;
    } cases[] = {
        {"train", SPLIT_TRAIN},  {"Training", SPLIT_TRAIN}, {"VAL", SPLIT_VAL},
        {"valid", SPLIT_VAL},    {"Validation", SPLIT_VAL}, {"test", SPLIT_TEST},
        {"Testing", SPLIT_TEST}, {"", SPLIT_NONE},          {"tes", SPLIT_NONE},
        {"tests", SPLIT_NONE},   {"train2017", SPLIT_NONE}, {"all", SPLIT_NONE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(split_of_folder(cases[i].name, strlen(cases[i].name)),
                         cases[i].want);
    assert_int_equal(split_of_folder("test/a.png", 4), SPLIT_TEST);
}

/* A word, not four letters inside another. */
static void test_split__says_test(void **state)
{
    (void)state;
    static const char *const yes[] = {"test",           "test.png",     "a-test.png",
                                      "TEST_001.png",   "Test1.png",    "img 7 test",
                                      "test_batch.bin", "a/test/b.png", "1test2"};
    static const char *const no[] = {"",          "contest.png", "latest.png",
                                     "tests.png", "testing",     "tes.t",
                                     "protest-1", "tEs-t",       "myTest.png"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (!split_says_test(yes[i]))
            fail_msg("'%s' does not say test", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (split_says_test(no[i]))
            fail_msg("'%s' says test", no[i]);
}

static void test_split__takes(void **state)
{
    (void)state;
    static const bool want[][2] = {[SPLIT_TRAIN] = {true, false},
                                   [SPLIT_VAL] = {false, false},
                                   [SPLIT_TEST] = {false, true},
                                   [SPLIT_ALL] = {true, true}};
    for (int split = SPLIT_TRAIN; split <= SPLIT_ALL; split++)
        for (int test = 0; test < 2; test++)
            assert_int_equal(split_takes((data_split)split, test), want[split][test]);
}

const struct CMUnitTest test_split_suite[] = {
    cmocka_unit_test(test_split__names),
    cmocka_unit_test(test_split__of_folder),
    cmocka_unit_test(test_split__says_test),
    cmocka_unit_test(test_split__takes),
    {0},
};
