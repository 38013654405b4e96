/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdlib.h>

#include "tensor/simd.h"

static void test_simd__environment_picks(void **state)
{
    (void)state;
    for (int i = 0; simd_at(i); i++) {
        assert_int_equal(setenv("VQVAE_SIMD", simd_at(i)->name, 1), 0);
        assert_ptr_equal(simd_best(), simd_at(i));
    }
    assert_int_equal(setenv("VQVAE_SIMD", "abacus", 1), 0);
    assert_ptr_equal(simd_best(), simd_at(0));
    assert_int_equal(unsetenv("VQVAE_SIMD"), 0);
    assert_ptr_equal(simd_best(), simd_at(0));
}

static void test_simd__generic_is_last(void **state)
{
    (void)state;
    int n = 0;
    while (simd_at(n))
        n++;
    assert_ptr_equal(simd_at(n - 1), &simd_generic);
    for (int i = 0; simd_at(i); i++)
        assert_non_null(simd_at(i)->conv[0]);
}

const struct CMUnitTest test_simd_suite[] = {
    cmocka_unit_test(test_simd__environment_picks),
    cmocka_unit_test(test_simd__generic_is_last),
    {0},
};
