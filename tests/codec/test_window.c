/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdlib.h>

#include "codec/window.h"

static const windows sizes[] = {
    {.n = 1, .h = 20, .w = 33, .row1 = 20, .per_shard = 1, .tile = 8, .halo = 4},
    {.n = 3, .h = 9, .w = 8, .row0 = 4, .row1 = 9, .per_shard = 2, .tile = 4},
    {.n = 19, .h = 1, .w = 1, .row1 = 1, .per_shard = 8, .tile = 96, .halo = 8},
    {.n = 1, .h = 40, .w = 12, .row1 = 40, .per_shard = 1, .tile = 12, .halo = 12},
};

static int distance(int a0, int a1, int b0, int b1)
{
    return b0 >= a1 ? b0 - a1 : a0 >= b1 ? a0 - b1 : -1;
}

/* Every code that is to be made lies in one core, as wide as the halo allows. */
static void check_cover(const windows *all, int colours)
{
    const size_t codes = (size_t)all->n * all->h * all->w;
    int *made = calloc(codes, sizeof *made);
    assert_non_null(made);
    for (int colour = 0; colour < colours; colour++) {
        windows part = *all;
        part.every = colours == 4 ? 2 : 1;
        part.y = colour / 2;
        part.x = colour % 2;
        for (int64_t i = 0; i < windows_count(&part); i++) {
            const window v = windows_at(&part, i);
            assert_true(v.n >= 1 && v.image >= 0 && v.image + v.n <= all->n);
            assert_true(v.y.window0 % 4 == 0 && v.x.window0 % 4 == 0);
            assert_true(v.y.window1 == all->h || v.y.window1 == v.y.core1 + all->halo);
            assert_true(v.x.window0 == 0 || v.x.window0 == v.x.core0 - all->halo);
            for (int k = v.image; k < v.image + v.n; k++)
                for (int y = v.y.core0; y < v.y.core1; y++)
                    for (int x = v.x.core0; x < v.x.core1; x++)
                        made[((size_t)k * all->h + y) * all->w + x]++;
        }
    }
    for (size_t i = 0; i < codes; i++) {
        int row = (int)(i / all->w % all->h);
        assert_int_equal(made[i], row >= all->row0 && row < all->row1);
    }
    free(made);
}

static void test_window__cover(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check_cover(&sizes[i], 1);
        check_cover(&sizes[i], 4);
    }
}

/* Two cores of a colour are a tile apart, so that no window sees another's core. */
static void test_window__colours_are_apart(void **state)
{
    (void)state;
    windows all = sizes[0];
    all.every = 2;
    for (int colour = 0; colour < 4; colour++) {
        all.y = colour / 2;
        all.x = colour % 2;
        assert_true(windows_count(&all) >= 2);
        for (int64_t i = 0; i < windows_count(&all); i++)
            for (int64_t j = 0; j < i; j++) {
                const window a = windows_at(&all, i), b = windows_at(&all, j);
                int dy = distance(a.y.core0, a.y.core1, b.y.core0, b.y.core1);
                int dx = distance(a.x.core0, a.x.core1, b.x.core0, b.x.core1);
                assert_true(dy >= all.tile || dx >= all.tile);
                dy = distance(a.y.window0, a.y.window1, b.y.core0, b.y.core1);
                dx = distance(a.x.window0, a.x.window1, b.x.core0, b.x.core1);
                assert_true(dy >= 0 || dx >= 0);
            }
    }
}

static void test_window__widened(void **state)
{
    (void)state;
    const windows *all = &sizes[0];
    window v = {.n = 1, .y = {8, 16, 4, 20}, .x = {0, 8, 0, 12}};
    v = window_widened(all, v, 8);
    assert_int_equal(v.y.window0, 0);
    assert_int_equal(v.y.window1, 20);
    assert_int_equal(v.x.window1, 16);
    assert_int_equal(v.y.core0, 8);
    assert_int_equal(window_codes(&v), 64);
}

const struct CMUnitTest test_window_suite[] = {
    cmocka_unit_test(test_window__cover),
    cmocka_unit_test(test_window__colours_are_apart),
    cmocka_unit_test(test_window__widened),
    {0},
};
