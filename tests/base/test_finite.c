/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <float.h>
#include <math.h>

#include "base/finite.h"

static void test_finite__any_place(void **state)
{
    (void)state;
    enum { N = 37 };
    const float bad[] = {INFINITY, -INFINITY, NAN, -NAN};
    float x[N];
    for (int i = 0; i < N; i++)
        x[i] = i % 3 == 0 ? FLT_MAX : i % 3 == 1 ? -FLT_TRUE_MIN : 0;
    assert_true(all_finite(x, N) && all_finite(x, 0));
    for (int i = 0; i < N; i++)
        for (int b = 0; b < 4; b++) {
            const float good = x[i];
            x[i] = bad[b];
            assert_false(all_finite(x, N));
            assert_true(all_finite(x, (size_t)i));
            x[i] = good;
        }
}

const struct CMUnitTest test_finite_suite[] = {
    cmocka_unit_test(test_finite__any_place),
    {0},
};
