/*
 * SPDX-License-Identifier: MIT
 *
 * The test runner: every suite under tests/ as one cmocka group, so that the last lines
 * are one total. `vqvae-tests PATTERN` runs the tests whose names match a glob.
 */
#include "support.h"

#include <string.h>

#define SUITE(name) extern const struct CMUnitTest name##_suite[];
#include "suites.inc"
#undef SUITE

static const struct CMUnitTest *const suites[] = {
#define SUITE(name) name##_suite,
#include "suites.inc"
#undef SUITE
    NULL,
};

#define TESTS_MAX 2000

int main(int argc, char **argv)
{
    static struct CMUnitTest all[TESTS_MAX];
    size_t n = 0;
    for (int s = 0; suites[s]; s++)
        for (const struct CMUnitTest *t = suites[s]; t->name; t++) {
            if (n == TESTS_MAX)
                return 70;
            all[n++] = *t;
        }
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return _cmocka_run_group_tests("vqvae", all, n, NULL, NULL) ? 1 : 0;
}
