/* SPDX-License-Identifier: MIT */
#include "support.h"

#include "base/arena.h"

static void test_arena__aligned_and_zeroed(void **state)
{
    (void)state;
    vq_error err;
    arena a;
    assert_ok(arena_init(&a, 3 * ARENA_ALIGN, &err), &err);
    for (int i = 0; i < 3; i++) {
        unsigned char *p = arena_take(&a, i == 0 ? 1 : ARENA_ALIGN);
        assert_int_equal((uintptr_t)p % ARENA_ALIGN, 0);
        assert_ptr_equal(p, a.base + (size_t)i * ARENA_ALIGN);
        assert_int_equal(p[0], 0);
    }
    arena_release(&a);
    arena_release(&a);
    assert_null(a.base);
}

static void test_arena__failed_allocation(void **state)
{
    (void)state;
    vq_error err;
    arena a;
    support_alloc_fail_at(1);
    assert_fails(arena_init(&a, 100, &err), VQ_ENOMEM, &err,
                 "cannot allocate 128 bytes");
    assert_null(a.base);
    assert_fails(arena_init(&a, SIZE_MAX, &err), VQ_ENOMEM, &err, "cannot allocate");
}

const struct CMUnitTest test_arena_suite[] = {
    cmocka_unit_test(test_arena__aligned_and_zeroed),
    cmocka_unit_test(test_arena__failed_allocation),
    {0},
};
