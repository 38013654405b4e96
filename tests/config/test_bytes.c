/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "config/bytes.h"

static void test_bytes__read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t want;
    } good[] = {{"0", 0},
                {"1500000", 1500000},
                {"1K", 1024},
                {"512M", 536870912},
                {"2G", 2147483648},
                {"2g", 2147483648},
                {"2GiB", 2147483648},
                {"2gb", 2147483648},
                {"3Gi", 3221225472},
                {"8388607T", 8388607LL << 40},
                {"007", 7},
                {"8T", 8796093022208},
                {"1e9", 1000000000},
                {"+1", 1},
                {"1e1K", 10240},
                {"9223372036854775807", INT64_MAX}};
    static const char *const bad[] = {"",
                                      "G",
                                      "-1",
                                      " 1",
                                      "1 G",
                                      "1.5G",
                                      "2X",
                                      "2GG",
                                      "2Gx",
                                      "0x10",
                                      "1e-1",
                                      "9223372036854775808",
                                      "8388608T",
                                      "1e400",
                                      "2Q",
                                      "1.5.2G",
                                      "1 ",
                                      "1,5G",
                                      "nan",
                                      "inf",
                                      "1K1",
                                      "-9223372036854775808",
                                      "18446744073709551616",
                                      "99999999999999999999G",
                                      "2\xC2\xA0G",
                                      "2iB",
                                      "1BB"};
    int64_t bytes;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!bytes_read(good[i].text, &bytes) || bytes != good[i].want)
            fail_msg("'%s' is %lld, want %lld", good[i].text, (long long)bytes,
                     (long long)good[i].want);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (bytes_read(bad[i], &bytes))
            fail_msg("'%s' was read as %lld", bad[i], (long long)bytes);
}

static void test_bytes__text(void **state)
{
    (void)state;
    static const struct {
        int64_t bytes;
        const char *want;
    } cases[] = {{0, "0"},
                 {1023, "1023"},
                 {1024, "1K"},
                 {1536, "1536"},
                 {2147483648, "2G"},
                 {1572864, "1536K"},
                 {1LL << 50, "1024T"},
                 {INT64_MAX, "9223372036854775807"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];
        int64_t back;
        bytes_text(cases[i].bytes, text);
        assert_string_equal(text, cases[i].want);
        assert_true(bytes_read(text, &back) && back == cases[i].bytes);
    }
}

const struct CMUnitTest test_bytes_suite[] = {
    cmocka_unit_test(test_bytes__read),
    cmocka_unit_test(test_bytes__text),
    {0},
};
