/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/text.h"

/* Print text and compare what came out. */
static void expect(const char *text, const char *want)
{
    char *out = NULL;
    size_t size;
    FILE *stream = open_memstream(&out, &size);
    assert_non_null(stream);
    text_print(stream, text);
    fclose(stream);
    assert_string_equal(out, want);
    free(out);
}

static void test_text__plain_passes(void **state)
{
    (void)state;
    expect("", "");
    expect("conv.0.weight ~ \\ 'x' \"y\"", "conv.0.weight ~ \\ 'x' \"y\"");
    expect("na\xc3\xafve \xe2\x82\xac \xf0\x9f\x8e\xa8",
           "na\xc3\xafve \xe2\x82\xac \xf0\x9f\x8e\xa8");
}

static void test_text__control_is_escaped(void **state)
{
    (void)state;
    expect("\x1b[2Jgone", "\\x1b[2Jgone");
    expect("a\nb\tc\rd\x7f", "a\\x0ab\\x09c\\x0dd\\x7f");
    expect("\xc2\x9b"
           "31m",
           "\\xc2\\x9b31m"); /* C1: CSI in one character */
    expect("\xe2\x80\xae"
           "gnp.x",
           "\\xe2\\x80\\xaegnp.x"); /* right to left from here */
    expect("\xe2\x81\xa6", "\\xe2\\x81\\xa6");
}

static void test_text__not_utf8_is_escaped(void **state)
{
    (void)state;
    expect("\xff\xfe", "\\xff\\xfe");
    expect("a\x80z", "a\\x80z");                        /* no lead byte */
    expect("\xc3", "\\xc3");                            /* cut short */
    expect("\xe2\x82z", "\\xe2\\x82z");                 /* cut short inside */
    expect("\xc0\xaf", "\\xc0\\xaf");                   /* overlong '/' */
    expect("\xe0\x80\xaf", "\\xe0\\x80\\xaf");          /* overlong '/' */
    expect("\xed\xa0\x80", "\\xed\\xa0\\x80");          /* surrogate */
    expect("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* past U+10FFFF */
}

static void check_word(const char *text, const char *want)
{
    char word[16];
    assert_true(text_shell_word(word, sizeof word, text));
    assert_string_equal(word, want);
}

static void test_text__shell_word(void **state)
{
    (void)state;
    char word[8];
    check_word("runs/a-1_x.y", "runs/a-1_x.y");
    check_word("", "''");
    check_word("a b", "'a b'");
    check_word("it's", "'it'\\''s'");
    check_word("$(x)", "'$(x)'");
    check_word("~/x", "'~/x'");
    assert_false(text_shell_word(word, sizeof word, "a long name"));
    assert_false(text_shell_word(word, sizeof word, "alongname"));
    assert_false(text_shell_word(word, sizeof word, "''''"));
    assert_false(text_shell_word(word, 2, "$"));
}

const struct CMUnitTest test_text_suite[] = {
    cmocka_unit_test(test_text__plain_passes),
    cmocka_unit_test(test_text__control_is_escaped),
    cmocka_unit_test(test_text__not_utf8_is_escaped),
    cmocka_unit_test(test_text__shell_word),
    {0},
};
