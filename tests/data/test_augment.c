/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <string.h>

#include "data/augment.h"

/* One in two, whether counted along a batch, along the steps or along the seeds. */
static void test_augment__flips_one_in_two(void **state)
{
    (void)state;
    int along[3] = {0};
    for (int i = 0; i < 10000; i++) {
        along[0] += augment_flips(1, 7, i);
        along[1] += augment_flips(1, i, 7);
        along[2] += augment_flips((uint64_t)i, 7, 7);
    }
    for (int k = 0; k < 3; k++)
        assert_in_range(along[k], 4800, 5200); /* four standard deviations */
}

/* Neighbours in either direction agree as often as not. */
static void test_augment__flips_are_independent(void **state)
{
    (void)state;
    int same[2] = {0};
    for (int step = 0; step < 100; step++)
        for (int i = 0; i < 100; i++) {
            bool now = augment_flips(3, step, i);
            assert_int_equal(now, augment_flips(3, step, i));
            same[0] += now == augment_flips(3, step, i + 1);
            same[1] += now == augment_flips(3, step + 1, i);
        }
    assert_in_range(same[0], 4800, 5200);
    assert_in_range(same[1], 4800, 5200);
}

static void test_augment__flip(void **state)
{
    (void)state;
    unsigned char rgb[2 * 3 * 3], was[sizeof rgb];
    for (int i = 0; i < 18; i++)
        was[i] = rgb[i] = (unsigned char)i;
    augment_flip(rgb, 2, 3);
    assert_memory_equal(rgb,
                        ((unsigned char[]){6, 7, 8, 3, 4, 5, 0, 1, 2, 15, 16, 17, 12,
                                           13, 14, 9, 10, 11}),
                        18);
    augment_flip(rgb, 2, 3);
    assert_memory_equal(rgb, was, 18);
    augment_flip(rgb, 3, 2);
    assert_memory_equal(rgb, ((unsigned char[]){3, 4, 5, 0, 1, 2}), 6);
}

/* Every pair of distances as often, whether along a batch or along the steps. */
static void test_augment__shifts_are_even(void **state)
{
    (void)state;
    int along[2][25] = {{0}};
    for (int i = 0; i < 10000; i++)
        for (int k = 0; k < 2; k++) {
            int by[2], again[2];
            augment_shifts(1, k ? i : 7, k ? 7 : i, 2, by);
            augment_shifts(1, k ? i : 7, k ? 7 : i, 2, again);
            assert_memory_equal(by, again, sizeof by);
            assert_in_range(by[0] + 2, 0, 4);
            assert_in_range(by[1] + 2, 0, 4);
            along[k][(by[0] + 2) * 5 + by[1] + 2]++;
        }
    for (int j = 0; j < 25; j++) {
        assert_in_range(along[0][j], 320, 480); /* 400, four standard deviations */
        assert_in_range(along[1][j], 320, 480);
    }
}

/* The index that stands k cells into a line of n that is reflected at both ends. */
static int reflected(int k, int n)
{
    return k < 0 ? -k : k >= n ? 2 * (n - 1) - k : k;
}

static void test_augment__shift(void **state)
{
    (void)state;
    enum { H = 5, W = 7 };
    for (int down = -2; down <= 2; down++)
        for (int right = -3; right <= 3; right++) {
            unsigned char was[H][W][3], rgb[H][W][3];
            for (int i = 0; i < H * W * 3; i++)
                (&was[0][0][0])[i] = (unsigned char)(2 * i);
            memcpy(rgb, was, sizeof was);
            augment_shift(&rgb[0][0][0], H, W, (int[]){down, right});
            for (int y = 0; y < H; y++)
                for (int x = 0; x < W; x++)
                    assert_memory_equal(
                        rgb[y][x], was[reflected(y - down, H)][reflected(x - right, W)],
                        3);
        }
}

const struct CMUnitTest test_augment_suite[] = {
    cmocka_unit_test(test_augment__flips_one_in_two),
    cmocka_unit_test(test_augment__flips_are_independent),
    cmocka_unit_test(test_augment__flip),
    cmocka_unit_test(test_augment__shifts_are_even),
    cmocka_unit_test(test_augment__shift),
    {0},
};
