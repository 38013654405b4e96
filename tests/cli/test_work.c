/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>

#include "cli/work.h"

static void test_work__line(void **state)
{
    (void)state;
    static const struct {
        double done, seconds;
        const char *line;
    } cases[] = {{0, 3, "encoding  0%  ? left"},
                 {0.25, 2, "encoding  25%  6s left"},
                 {0.999, 3600, "encoding  99%  4s left"},
                 {1, 9, "encoding  100%  0s left"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[WORK_LINE_MAX];
        work_format(line, "encoding", cases[i].done, cases[i].seconds);
        assert_string_equal(line, cases[i].line);
    }
}

const struct CMUnitTest test_work_suite[] = {
    cmocka_unit_test(test_work__line),
    {0},
};
