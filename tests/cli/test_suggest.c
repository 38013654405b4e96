/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <limits.h>
#include <string.h>

#include "cli/suggest.h"

static void test_suggest__distance(void **state)
{
    (void)state;
    assert_int_equal(suggest_distance("steps", "steps"), 0);
    assert_int_equal(suggest_distance("", ""), 0);
    assert_int_equal(suggest_distance("", "lr"), 2);         /* two inserted */
    assert_int_equal(suggest_distance("lr", ""), 6);         /* two deleted */
    assert_int_equal(suggest_distance("stpes", "steps"), 1); /* one swapped */
    assert_int_equal(suggest_distance("stepz", "steps"), 2); /* one replaced */
    assert_int_equal(suggest_distance("stteps", "steps"), 3);
    assert_int_equal(suggest_distance("batch", "batch-size"), 1); /* a beginning */
    assert_int_equal(suggest_distance("batch-size", "batch"), 1); /* goes on */
    assert_int_equal(suggest_distance("batches", "batch"), 6);
    assert_int_equal(suggest_distance("ab", "ba"), 1);
    assert_int_equal(suggest_distance("ca", "abc"), 5); /* no insertion into a swap */
}

static void test_suggest__too_long(void **state)
{
    (void)state;
    char word[SUGGEST_MAX + 1];
    memset(word, 'a', SUGGEST_MAX);
    word[SUGGEST_MAX] = '\0';
    assert_int_equal(suggest_distance(word, "a"), INT_MAX);
    assert_int_equal(suggest_distance("a", word), INT_MAX);
    word[SUGGEST_MAX - 1] = '\0';
    assert_int_equal(suggest_distance(word, ""), 3 * (SUGGEST_MAX - 1));
    assert_int_equal(suggest_distance("", word), SUGGEST_MAX - 1);
}

static void test_suggest__nearest(void **state)
{
    (void)state;
    static const char *const names[] = {"beta", "batch-size", "steps", "save-every"};
    static const char *const cases[][2] = {
        {"batch", "batch-size"},     {"betta", "beta"},
        {"stpes", "steps"},          {"save", "save-every"},
        {"sav-every", "save-every"}, {"batch_size", "batch-size"}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        suggestion s = {.typed = cases[c][0]};
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            suggest_consider(&s, names[i]);
        assert_string_equal(s.best, cases[c][1]);
    }
}

static void test_suggest__ties_keep_the_first(void **state)
{
    (void)state;
    suggestion s = {.typed = "x"};
    suggest_consider(&s, "xa");
    suggest_consider(&s, "xb");
    assert_string_equal(s.best, "xa");
}

static void test_suggest__only_when_near(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *meant;
        bool near;
    } cases[] = {{"stpes", "steps", true},
                 {"outt", "out", true},
                 {"batch", "batch-size", true},
                 {"hidden-size", "hidden", true},
                 {"lrate", "lr", false},
                 {"gpu", "out", false},
                 {"sample", "completions", false},
                 {"device", "seed", false},
                 {"x", "lr", false},
                 {"trian", "train", true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        suggestion s = {.typed = cases[i].typed};
        assert_false(suggest_is_near(&s));
        suggest_consider(&s, cases[i].meant);
        if (suggest_is_near(&s) != cases[i].near)
            fail_msg("'%s' and '%s' are %d apart", cases[i].typed, cases[i].meant,
                     s.distance);
    }
}

const struct CMUnitTest test_suggest_suite[] = {
    cmocka_unit_test(test_suggest__distance),
    cmocka_unit_test(test_suggest__too_long),
    cmocka_unit_test(test_suggest__only_when_near),
    cmocka_unit_test(test_suggest__nearest),
    cmocka_unit_test(test_suggest__ties_keep_the_first),
    {0},
};
