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
