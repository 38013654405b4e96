/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <string.h>

#include "io/half.h"

/* The value of a half that is neither infinite nor NaN, by the definition. */
static double half_value(int h)
{
    int exponent = h >> 10 & 31, mantissa = h & 1023;
    double v = exponent ? ldexp(1024 + mantissa, exponent - 25) : ldexp(mantissa, -24);
    return h & 0x8000 ? -v : v;
}

static void test_half__every_one(void **state)
{
    (void)state;
    for (int h = 0; h < 65536; h++) {
        float x = half_to_float((uint16_t)h);
        bool infinite = (h & 0x7fff) == 0x7c00, nan = (h & 0x7fff) > 0x7c00;
        bool right = nan        ? isnan(x)
                     : infinite ? isinf(x) && (x < 0) == (h >= 0x8000)
                                : (double)x == half_value(h);
        if (!right || !signbit(x) != !(h & 0x8000))
            fail_msg("half %04x gives %a", h, (double)x);
        if (half_from_float(x) != h)
            fail_msg("half %04x comes back as %04x", h, half_from_float(x));
    }
}

/* Between neighbours the nearer one is taken, and at the midpoint the even one. */
static void test_half__rounding(void **state)
{
    (void)state;
    for (int h = 0; h < 0x7c00; h++) {
        double above = h + 1 == 0x7c00 ? 65536 : half_value(h + 1);
        float middle = (float)((half_value(h) + above) / 2);
        int want[3] = {h, h + (h & 1), h + 1};
        float x[3] = {nextafterf(middle, 0), middle, nextafterf(middle, INFINITY)};
        for (int i = 0; i < 3; i++)
            for (int sign = 0; sign < 2; sign++) {
                int got = half_from_float(sign ? -x[i] : x[i]);
                if (got != (want[i] | sign << 15))
                    fail_msg("%a gives half %04x, want %04x", (double)x[i], got,
                             want[i] | sign << 15);
            }
    }
    assert_int_equal(half_from_float(65520.0f), 0x7c00);
    assert_int_equal(half_from_float(3e38f), 0x7c00);
    assert_int_equal(half_from_float(1e-40f), 0);
    assert_int_equal(half_from_float(-INFINITY), 0xfc00);
    assert_int_equal(half_from_float(NAN) & 0x7c00, 0x7c00);
    assert_int_not_equal(half_from_float(NAN) & 0x3ff, 0);
    uint32_t bits = 0x7f800001; /* a NaN whose payload is below a half's last place */
    float x;
    memcpy(&x, &bits, sizeof x);
    assert_int_equal(half_from_float(x), 0x7c01);
}

const struct CMUnitTest test_half_suite[] = {
    cmocka_unit_test(test_half__every_one),
    cmocka_unit_test(test_half__rounding),
    {0},
};
