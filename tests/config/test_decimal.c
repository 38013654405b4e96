/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdlib.h>

#include "config/decimal.h"

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
}

const struct CMUnitTest test_decimal_suite[] = {
    cmocka_unit_test(test_decimal__shortest),
    {0},
};
