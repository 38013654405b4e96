/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "base/utf8.h"

static void test_utf8__reads(void **state)
{
    (void)state;
    unsigned code;
    assert_int_equal(utf8_read("a", &code), 1);
    assert_int_equal(code, 'a');
    assert_int_equal(utf8_read("\xc3\xa9x", &code), 2);
    assert_int_equal(code, 0xe9);
    assert_int_equal(utf8_read("\xf0\x9f\x8e\xa8", &code), 4);
    assert_int_equal(code, 0x1f3a8);
    /* first and last of each length, and what lies beside them */
    static const struct {
        const char *text;
        int length;
        unsigned code;
    } cases[] = {{"\x7f", 1, 0x7f},
                 {"\xc2\x80", 2, 0x80},
                 {"\xdf\xbf", 2, 0x7ff},
                 {"\xe0\xa0\x80", 3, 0x800},
                 {"\xe3\x81\x82", 3, 0x3042},
                 {"\xed\x9f\xbf", 3, 0xd7ff},
                 {"\xee\x80\x80", 3, 0xe000},
                 {"\xef\xbf\xbf", 3, 0xffff},
                 {"\xf0\x90\x80\x80", 4, 0x10000},
                 {"\xf1\x80\x80\x80", 4, 0x40000},
                 {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
                 {"\xf4\x90\x80\x80", 0, 0},
                 {"\xc1\xbf", 0, 0},
                 {"\xe0\x9f\xbf", 0, 0},
                 {"\xf0\x8f\xbf\xbf", 0, 0},
                 {"\xed\xa0\x80", 0, 0},
                 {"\x80", 0, 0},
                 {"\xbf", 0, 0},
                 {"\xf8\x88\x80\x80\x80", 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(utf8_read(cases[i].text, &code), cases[i].length);
        if (cases[i].length)
            assert_int_equal(code, cases[i].code);
    }
    assert_int_equal(utf8_read("\xc0\xaf", &code), 0); /* overlong */
    assert_int_equal(utf8_read("\xe2\x82", &code), 0); /* cut short */
}

static void test_utf8__is(void **state)
{
    (void)state;
    assert_true(utf8_is(""));
    assert_true(utf8_is("\x1b \xf0\x9f\x8e\xa8"));
    assert_false(utf8_is("abc\xff"));
    assert_false(utf8_is("\xed\xbf\xbf"));
}

const struct CMUnitTest test_utf8_suite[] = {
    cmocka_unit_test(test_utf8__reads),
    cmocka_unit_test(test_utf8__is),
    {0},
};
