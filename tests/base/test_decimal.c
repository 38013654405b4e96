/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"

static void test_decimal__shortest(void **state)
{
    (void)state;
    char text[32];
    decimal_text(3e-4, text);
    assert_string_equal(text, "0.0003");
    decimal_text(200, text);
    assert_string_equal(text, "200");
    decimal_text(1.0 / 3, text);
    assert_true(strtod(text, NULL) == 1.0 / 3);
    decimal_text(.1 + .2, text); /* of which 16 digits are another number */
    assert_true(strtod(text, NULL) == .1 + .2);
    decimal_text(999999999999999, text);
    assert_string_equal(text, "999999999999999");
    decimal_text(1e15, text);
    assert_string_equal(text, "1e+15");
    decimal_text(-15e14, text);
    assert_string_equal(text, "-1.5e+15");
    decimal_text(-(double)NAN * 0, text); /* no digits make it equal */
    assert_non_null(strstr(text, "nan"));
}

static const char *const numbers[] = {"0", "12", "-0.5", "+.5", "5.", "1e3", "2.5E-3"};
static const char *const others[] = {"",      " 1",  "1 ",  "0x10", "inf", "nan",
                                     "1e",    "e3",  ".",   "-",    "--1", "1,5",
                                     "1e999", "1_0", "1e+", "1.2.3"};

static void test_decimal__one_rule(void **state)
{
    (void)state;
    double x;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        assert_true(decimal_read(numbers[i], &x));
        assert_true(x == strtod(numbers[i], NULL));
    }
    assert_true(decimal_read("-0", &x) && !signbit(x));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (decimal_read(others[i], &x))
            fail_msg("'%s' is %g", others[i], x);
}

static void test_decimal__whole(void **state)
{
    (void)state;
    int64_t x;
    uint64_t u;
    assert_true(decimal_read_whole("1e3", 0, 1000, &x));
    assert_int_equal(x, 1000);
    assert_true(decimal_read_whole("-2.50e1", -25, 0, &x));
    assert_int_equal(x, -25);
    assert_true(decimal_read_whole("9223372036854775807", 0, INT64_MAX, &x));
    assert_true(x == INT64_MAX);
    assert_false(decimal_read_whole("9223372036854775808", 0, INT64_MAX, &x));
    assert_false(decimal_read_whole("1e16", 0, INT64_MAX, &x)); /* perhaps not that */
    assert_false(decimal_read_whole("9007199254740992.0", 0, INT64_MAX, &x));
    assert_true(decimal_read_whole("9007199254740991.0", 0, INT64_MAX, &x));
    assert_true(x == 9007199254740991);
    assert_true(decimal_read_whole("-9007199254740991.0", INT64_MIN, 0, &x));
    assert_true(x == -9007199254740991);
    assert_true(decimal_read_whole("-9223372036854775807", INT64_MIN, 0, &x));
    assert_true(x == -INT64_MAX);
    assert_false(decimal_read_whole("1001", 0, 1000, &x));
    assert_false(decimal_read_whole("-1", 0, 1000, &x));
    assert_false(decimal_read_whole("1.5", 0, 1000, &x));
    assert_false(decimal_read_whole("0x10", 0, 1000, &x));
    assert_false(decimal_read_whole(".5", 0, 1000, &x));
    assert_false(decimal_read_whole("-.5", -1, 1000, &x));
    assert_true(decimal_read_unsigned("18446744073709551615", &u));
    assert_true(u == UINT64_MAX);
    assert_true(decimal_read_unsigned("1e3", &u));
    assert_int_equal(u, 1000);
    assert_true(decimal_read_unsigned("010", &u));
    assert_int_equal(u, 10);
    assert_true(decimal_read_unsigned("0.0", &u));
    assert_int_equal(u, 0);
    assert_false(decimal_read_unsigned("18446744073709551616", &u));
    assert_false(decimal_read_unsigned("-1", &u));
    assert_false(decimal_read_unsigned("", &u));
    assert_false(decimal_read_unsigned("0x10", &u));
}

static void test_decimal__grouped(void **state)
{
    (void)state;
    static const struct {
        int64_t n;
        const char *want;
    } cases[] = {{0, "0"},
                 {999, "999"},
                 {1000, "1,000"},
                 {-999, "-999"},
                 {-123456, "-123,456"},
                 {50000, "50,000"},
                 {1234567, "1,234,567"},
                 {INT64_MAX, "9,223,372,036,854,775,807"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];
        decimal_grouped(cases[i].n, text);
        assert_string_equal(text, cases[i].want);
    }
}

const struct CMUnitTest test_decimal_suite[] = {
    cmocka_unit_test(test_decimal__shortest),
    cmocka_unit_test(test_decimal__one_rule),
    cmocka_unit_test(test_decimal__whole),
    cmocka_unit_test(test_decimal__grouped),
    {0},
};
