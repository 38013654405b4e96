/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <string.h>

#include "cli/spark.h"

static void expect(const double *value, int n, int columns, const char *want)
{
    char text[SPARK_BYTES];
    spark s = {.n = 0};
    for (int i = 0; i < n; i++)
        spark_add(&s, value[i]);
    assert_int_equal(spark_draw(&s, columns, false, text), (int)strlen(want));
    assert_string_equal(text, want);
}

static void test_spark__draws(void **state)
{
    (void)state;
    static const double falling[] = {128, 64, 32, 16, 8, 4, 2, 1};
    static const double signs[] = {-1, 0, 1, (double)NAN, 0, -1, 0, 1};
    static const double level[] = {3, 3, 3};
    expect(falling, 8, 8, "#*+=-:._");
    expect(falling, 8, 80, "#*+=-:._");
    expect(falling, 8, 7, "#*+=-:_"); /* the last two are one */
    expect(falling, 8, 5, "");
    expect(falling, 1, 80, "");
    expect(falling, 0, 80, "");
    expect(signs, 8, 80, "_=#=_=#");
    expect(level, 3, 80, "___");
}

/* However long the course is, it is whole, and as long as the line has room for. */
static void test_spark__long_course(void **state)
{
    (void)state;
    char text[SPARK_BYTES];
    spark s = {.n = 0};
    for (int i = 0; i < 100000; i++) {
        spark_add(&s, i < 50000 ? 1 : 2);
        assert_true(s.n <= SPARK_MAX);
    }
    const int n = spark_draw(&s, 200, false, text);
    assert_true(n > SPARK_MAX / 2 && n <= SPARK_MAX);
    /* one may lie across the middle */
    const size_t low = strspn(text, "_"), high = strlen(strchr(text, '#'));
    assert_true(low + high + 1 >= (size_t)n && low + 2 >= high && high + 2 >= low);
    assert_int_equal(strspn(strchr(text, '#'), "#"), high);
    assert_int_equal(spark_draw(&s, 200, true, text), n);
    assert_int_equal(strlen(text), 3 * n);
}

const struct CMUnitTest test_spark_suite[] = {
    cmocka_unit_test(test_spark__draws),
    cmocka_unit_test(test_spark__long_course),
    {0},
};
