/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <string.h>

#include "cluster/tree.h"

#define SLOTS 80

/* Numbers whose sums depend on the order that they are added in. */
static void fill(float *x, int n, unsigned seed)
{
    for (int i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (float)(seed >> 8) / (float)(1 << (i % 24)) - 1000;
    }
}

static float sum_alone(const float *x, int slots)
{
    float sum[SLOTS];
    memcpy(sum, x, sizeof sum);
    for (int step = 1; step < slots; step *= 2)
        for (int slot = 0; slot + step < slots; slot += 2 * step)
            sum[slot] += sum[slot + step];
    return sum[0];
}

/* Each rank what it can, then one of them what is left. */
static float sum_shared(const float *x, int slots, int ranks)
{
    float sum[SLOTS];
    bool live[SLOTS];
    memcpy(sum, x, sizeof sum);
    for (int r = 0; r < ranks; r++)
        for (int step = 1; step < slots; step *= 2)
            for (int slot = 0; slot + step < slots; slot += 2 * step)
                if (tree_within(slots, slot, step,
                                (int)tree_share((size_t)slots, r, ranks),
                                (int)tree_share((size_t)slots, r + 1, ranks)))
                    sum[slot] += sum[slot + step];
    tree_live(slots, ranks, live);
    for (int step = 1; step < slots; step *= 2)
        for (int slot = 0; slot + step < slots; slot += 2 * step)
            if (live[slot + step])
                sum[slot] += sum[slot + step];
    return sum[0];
}

/* The same bits at any number of ranks, more of them than slots included. */
static void test_tree__same_bits_at_any_ranks(void **state)
{
    (void)state;
    float x[SLOTS];
    for (int slots = 1; slots <= SLOTS; slots++)
        for (int ranks = 1; ranks <= SLOTS + 3; ranks++) {
            fill(x, SLOTS, (unsigned)(slots * 1000 + ranks));
            float got = sum_shared(x, slots, ranks), want = sum_alone(x, slots);
            if (memcmp(&got, &want, sizeof got) != 0)
                fail_msg("%d slots, %d ranks: %.9g, want %.9g", slots, ranks,
                         (double)got, (double)want);
        }
}

/* The comparison is worth something: rank after rank gives other bits. */
static void test_tree__order_matters(void **state)
{
    (void)state;
    float x[SLOTS];
    int other = 0;
    for (int slots = 3; slots <= SLOTS; slots++) {
        float sum = 0;
        fill(x, SLOTS, (unsigned)slots);
        for (int i = 0; i < slots; i++)
            sum += x[i];
        other += sum != sum_alone(x, slots);
    }
    assert_true(other > SLOTS / 2);
}

/* Shares cover everything, in order, and differ by one at most. */
static void test_tree__shares(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 100; n++)
        for (int ranks = 1; ranks <= 20; ranks++) {
            assert_int_equal(tree_share(n, 0, ranks), 0);
            assert_int_equal(tree_share(n, ranks, ranks), n);
            for (int r = 0; r < ranks; r++) {
                size_t share = tree_share(n, r + 1, ranks) - tree_share(n, r, ranks);
                assert_true(share == n / (size_t)ranks ||
                            share == n / (size_t)ranks + 1);
            }
        }
    assert_int_equal(tree_share((size_t)1 << 60, 3, 4), (size_t)3 << 58);
}

/* A rank whose range is a whole branch has one sum left; any has few. */
static void test_tree__what_is_left(void **state)
{
    (void)state;
    static const int cases[][3] = {{64, 1, 1}, {64, 4, 4}, {64, 64, 64}, {4, 8, 4}};
    bool live[SLOTS];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int left = 0;
        tree_live(cases[i][0], cases[i][1], live);
        for (int k = 0; k < cases[i][0]; k++)
            left += live[k];
        assert_int_equal(left, cases[i][2]);
    }
    tree_live(64, 3, live); /* 0-20, 21-41, 42-63 */
    for (int k = 0; k < 64; k++) {
        bool want = k == 0 || k == 16 || k == 20 || k == 21 || k == 22 || k == 24 ||
                    k == 32 || k == 40 || k == 42 || k == 44 || k == 48;
        if (live[k] != want)
            fail_msg("slot %d is %s", k, live[k] ? "live" : "not");
    }
}

const struct CMUnitTest test_tree_suite[] = {
    cmocka_unit_test(test_tree__same_bits_at_any_ranks),
    cmocka_unit_test(test_tree__order_matters),
    cmocka_unit_test(test_tree__shares),
    cmocka_unit_test(test_tree__what_is_left),
    {0},
};
