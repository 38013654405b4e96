/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "config/duration.h"

static void test_duration__reads(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
    } cases[] = {{"0", 0},
                 {"90s", 90},
                 {"10m", 600},
                 {"1h", 3600},
                 {"1h30m", 5400},
                 {"2h5s", 7205},
                 {"1h2m3s", 3723},
                 {"100m", 6000},
                 {"0s", 0},
                 {"007m", 420},
                 {"1000000000s", DURATION_MAX}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t seconds = -1;
        assert_true(duration_read(cases[i].text, &seconds));
        assert_int_equal(seconds, cases[i].seconds);
    }
}

static void test_duration__refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",     "10",  "m",   "1m1h", "1m1m",        "-1m",     "+1m",
        "1.5h", "1h ", " 1h", "1d",   "1h30",        "0x10m",   "1e3s",
        "hms",  "1mm", "1 h", "inf",  "1000000001s", "277778h", "99999999999999999999h",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t seconds = 77;
        if (duration_read(bad[i], &seconds))
            fail_msg("'%s' was read as %lld seconds", bad[i], (long long)seconds);
        assert_int_equal(seconds, 77);
    }
}

static void test_duration__round_trip(void **state)
{
    (void)state;
    char text[32];
    int64_t seconds;
    for (int64_t s = 0; s <= DURATION_MAX; s = s * 5 / 4 + 1) {
        duration_text(s, text);
        assert_true(duration_read(text, &seconds));
        assert_int_equal(seconds, s);
    }
    duration_text(5400, text);
    assert_string_equal(text, "1h30m");
}

const struct CMUnitTest test_duration_suite[] = {
    cmocka_unit_test(test_duration__reads),
    cmocka_unit_test(test_duration__refuses),
    cmocka_unit_test(test_duration__round_trip),
    {0},
};
