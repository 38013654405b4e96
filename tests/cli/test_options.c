/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <string.h>

#include "cli/options.h"

static const option own[] = {
    {{"size", "N", "a number", "3"}, 's'},
    {{"output", "FILE", "a file", ""}, 'o'},
    {{"verbose", NULL, "a switch", ""}, 'v'},
    {.letter = 0},
};

static const command cmd = {.name = "test",
                            .operands = "IN [OUT]",
                            .least = 1,
                            .most = 2,
                            .stray = "output",
                            .options = own,
                            .groups = OPTION_QUIET};

enum { WORDS_MAX = 16 };

/* Parse a NULL-ended list of words. */
static vq_status parse(args *a, vq_error *err, const char *const *words)
{
    char *argv[WORDS_MAX];
    int argc = 0;
    while (words[argc]) {
        argv[argc] = (char *)words[argc];
        argc++;
    }
    err->message[0] = '\0';
    return args_parse(a, &cmd, argc, argv, err);
}

#define PARSE(a, err, ...) parse(a, err, (const char *const[]){__VA_ARGS__, NULL})

static void test_options__table_in_order(void **state)
{
    (void)state;
    static const char *const names[] = {"size", "output", "verbose", "quiet", "help"};
    option_list l;
    options_of(&cmd, &l);
    assert_int_equal(l.n, 5);
    for (int i = 0; i < 5; i++)
        assert_string_equal(l.o[i].text.name, names[i]);
}

static void test_options__training_group_is_all_of_the_library(void **state)
{
    (void)state;
    const command trains = {.name = "t", .groups = OPTIONS_TRAINING};
    vq_option want;
    option_list got;
    int n = 0;
    options_of(&trains, &got);
    for (; vq_option_at(n, &want); n++) {
        assert_true(n < got.n);
        assert_string_equal(got.o[n].text.name, want.name);
        assert_string_equal(got.o[n].text.value, want.value);
    }
    assert_true(n > 20);
    assert_int_equal(got.n, n + 1);
    assert_string_equal(got.o[n].text.name, "help");
}

/* Those of a training are told from the command's own. */
static void test_options__whose(void **state)
{
    (void)state;
    static const option one[] = {{{"a-switch", NULL, "", ""}, 's'}, {.letter = 0}};
    char *argv[] = {"-qs", "--steps", "3", "--json", "--no-flip"};
    const bool library[] = {false, false, true, false, true};
    const unsigned groups[] = {OPTIONS_TRAINING, OPTIONS_PRIOR};
    for (int g = 0; g < 2; g++) {
        const command trains = {.options = one,
                                .groups = groups[g] | OPTION_JSON | OPTION_QUIET};
        vq_error err;
        args a;
        assert_ok(args_parse(&a, &trains, 5, argv, &err), &err);
        assert_int_equal(a.n_given, 5);
        for (int i = 0; i < 5; i++)
            assert_int_equal(a.given[i].is_library, library[i]);
        args_release(&a);
    }
}

static void test_options__every_form_of_a_value(void **state)
{
    (void)state;
    vq_error err;
    args a;
    assert_ok(PARSE(&a, &err, "--size", "1", "in", "--output=x=y", "-v"), &err);
    assert_string_equal(args_value(&a, "size"), "1");
    assert_string_equal(args_value(&a, "output"), "x=y");
    assert_true(args_has(&a, "verbose"));
    assert_false(args_has(&a, "quiet"));
    assert_null(args_value(&a, "quiet"));
    assert_int_equal(a.n_operands, 1);
    assert_string_equal(a.operand[0], "in");
    args_release(&a);

    assert_ok(PARSE(&a, &err, "-s5", "-qvo", "-", "-"), &err);
    assert_string_equal(args_value(&a, "size"), "5");
    assert_string_equal(args_value(&a, "output"), "-");
    assert_true(args_has(&a, "verbose"));
    assert_true(args_has(&a, "quiet"));
    assert_string_equal(a.operand[0], "-");
    args_release(&a);

    assert_ok(PARSE(&a, &err, "--size=", "--size", "-1", "in"), &err);
    assert_string_equal(args_value(&a, "size"), "-1"); /* the last one counts */
    args_release(&a);
}

/* The last word on a switch counts, in any of its forms. */
static void test_options__switches(void **state)
{
    (void)state;
    static const struct {
        const char *words[4];
        bool on;
    } cases[] = {{{"in"}, false},
                 {{"--verbose", "in"}, true},
                 {{"--verbose=yes", "in"}, true},
                 {{"--verbose=no", "in"}, false},
                 {{"--no-verbose", "in"}, false},
                 {{"--no_verbose", "in"}, false},
                 {{"-v", "in", "--no-verbose"}, false},
                 {{"--no-verbose", "in", "-v"}, true},
                 {{"--no-help", "in"}, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vq_error err;
        args a;
        assert_ok(parse(&a, &err, cases[i].words), &err);
        assert_int_equal(args_has(&a, "verbose"), cases[i].on);
        assert_false(a.help);
        args_release(&a);
    }
}

/* Options that may stand before a command's name. */
static void test_options__are_options(void **state)
{
    (void)state;
    static const struct {
        const char *words[4];
        bool are;
    } cases[] = {{{"-v"}, true},
                 {{"-qv", "--size", "3"}, true},
                 {{"--size=3", "-s4", "--no-verbose"}, true},
                 {{"-s"}, false}, /* its value would be the name */
                 {{"--size", "3", "in"}, false},
                 {{"--gpu"}, false},
                 {{"-vx"}, false},
                 {{"--"}, false},
                 {{"-"}, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *argv[4];
        int n = 0;
        for (; n < 4 && cases[i].words[n]; n++)
            argv[n] = (char *)cases[i].words[n];
        if (args_are_options(&cmd, n, argv) != cases[i].are)
            fail_msg("case %zu", i);
    }
}

static void test_options__dashes_end_options(void **state)
{
    (void)state;
    vq_error err;
    args a;
    assert_ok(PARSE(&a, &err, "-v", "--", "--size", "--"), &err);
    assert_int_equal(a.n_operands, 2);
    assert_string_equal(a.operand[0], "--size");
    assert_string_equal(a.operand[1], "--");
    args_release(&a);
}

static void test_options__help_ends_the_reading(void **state)
{
    (void)state;
    vq_error err;
    args a;
    assert_ok(PARSE(&a, &err, "--help", "--no-such"), &err);
    assert_true(a.help);
    args_release(&a);
    assert_ok(PARSE(&a, &err, "-vh"), &err);
    assert_true(a.help);
    args_release(&a);
}

static void test_options__faults(void **state)
{
    (void)state;
    static const struct {
        const char *words[4];
        const char *message;
    } cases[] = {
        {{"--szie=3", "in"}, "unknown option '--szie', did you mean '--size'?"},
        {{"-verbos", "in"}, "unknown option '-verbos', did you mean '--verbose'?"},
        {{"-x", "in"}, "unknown option '-x'"},
        {{"--gpu", "in"}, "unknown option '--gpu'"},
        {{"--no-size", "in"}, "unknown option '--no-size'"},
        {{"in", "--size"}, "option '--size' needs a value: N"},
        {{"in", "-o"}, "option '-o' needs a value: FILE"},
        {{"in", "--verbose=1"}, "option '--verbose' is yes or no, not '1'"},
        {{"in", "--no-verbose=no"}, "option '--no-verbose' takes no value"},
        {{"-v"}, "missing operand, expected: IN [OUT]"},
        {{"a", "b", "c"}, "extra operand 'c', did you mean '--output c'?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vq_error err;
        args a;
        assert_fails(parse(&a, &err, cases[i].words), VQ_EUSAGE, &err,
                     cases[i].message);
        args_release(&a);
    }
}

/* A word of any length is safe to complain about. */
static void test_options__long_unknown_option(void **state)
{
    (void)state;
    char word[4000] = "--";
    vq_error err;
    args a;
    memset(word + 2, 'x', sizeof word - 3);
    word[sizeof word - 1] = '\0';
    assert_fails(PARSE(&a, &err, word), VQ_EUSAGE, &err, "unknown option '--xxx");
    args_release(&a);
}

static void test_options__out_of_memory(void **state)
{
    (void)state;
    for (int n = 1; n <= 2; n++) {
        vq_error err;
        args a;
        support_alloc_fail_at(n);
        vq_status status = PARSE(&a, &err, "in");
        support_alloc_fail_at(0);
        assert_fails(status, VQ_ENOMEM, &err, "out of memory");
        args_release(&a);
    }
}

static void test_options__choices(void **state)
{
    (void)state;
    char word[64];
    assert_true(option_choice("cifar10|shapes|PATH", 0, word));
    assert_string_equal(word, "cifar10");
    assert_true(option_choice_is_literal(word));
    assert_true(option_choice("cifar10|shapes|PATH", 2, word));
    assert_string_equal(word, "PATH");
    assert_false(option_choice_is_literal(word));
    assert_false(option_choice("cifar10|shapes|PATH", 3, word));
    assert_false(option_choice(NULL, 0, word));
    assert_false(option_choice("", 0, word));
}

const struct CMUnitTest test_options_suite[] = {
    cmocka_unit_test(test_options__table_in_order),
    cmocka_unit_test(test_options__training_group_is_all_of_the_library),
    cmocka_unit_test(test_options__whose),
    cmocka_unit_test(test_options__every_form_of_a_value),
    cmocka_unit_test(test_options__switches),
    cmocka_unit_test(test_options__are_options),
    cmocka_unit_test(test_options__dashes_end_options),
    cmocka_unit_test(test_options__help_ends_the_reading),
    cmocka_unit_test(test_options__faults),
    cmocka_unit_test(test_options__long_unknown_option),
    cmocka_unit_test(test_options__out_of_memory),
    cmocka_unit_test(test_options__choices),
    {0},
};
