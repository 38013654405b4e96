/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <string.h>

#include "autograd/gradcheck.h"

#define VALUES 1320 /* of an image of 4 x 5 x 66, not a multiple of 8 channels */

static node *start(net *t, float rate, int n)
{
    *t = (net){0};
    net_begin(t, false);
    node *y = graph_dropout(&t->g, net_input(t, 4, 5, 66, true), rate);
    net_ready(t, n, GRAPH_TRAIN);
    for (int i = 0; i < n * VALUES; i++)
        t->x[0][i] = 1;
    t->r.draw.seed = 7;
    t->r.draw.step = 3;
    return y;
}

static void test_op_dropout__share_and_scale(void **state)
{
    (void)state;
    for (int percent = 0; percent <= 90; percent += 30) {
        net t;
        float rate = (float)percent / 100;
        node *y = start(&t, rate, 64);
        net_forward(&t);
        int dropped = 0, n = 64 * VALUES;
        for (int i = 0; i < n; i++) {
            float v = run_y(&t.r, y)[i];
            dropped += v == 0;
            if (v != 0 && !(fabsf(v * (1 - rate) - 1) < 3e-4f))
                fail_msg("1 becomes %g at a rate of %g", (double)v, (double)rate);
        }
        double off = (double)dropped / n - (double)rate; /* 4 sigma is .007 */
        if (!(fabs(off) < 0.007))
            fail_msg("%d of %d are dropped at a rate of %g", dropped, n, (double)rate);
        net_release(&t);
    }
}

/* Backward has forward's mask, here over shared memory, added or replaced. */
static void test_op_dropout__gradients(void **state)
{
    (void)state;
    for (int shared = 0; shared < 2; shared++) {
        net t = {0};
        net_begin(&t, false);
        node *x = net_input(&t, 3, 3, 5, true), *y = graph_dropout(&t.g, x, 0.4f);
        if (shared)
            graph_add(&t.g, graph_add(&t.g, y, graph_dropout(&t.g, x, 0.5f)), x);
        net_ready(&t, 2, GRAPH_TRAIN);
        gradcheck c = {.step = 0.5, .tol = 1e-4};
        gradcheck_net(&c, &t);
        gradcheck_assert(&c);
        net_release(&t);
    }
}

static void masks(net *t, const node *y, float *to)
{
    net_forward(t);
    memcpy(to, run_y(&t->r, y), net_count(t, y) * sizeof *to);
}

/* Image 2 of a batch is image 0 of a shard that begins there; seed, step and place each
 * give another mask. */
static void test_op_dropout__place(void **state)
{
    (void)state;
    net all, one;
    static float whole[3 * VALUES], part[VALUES], other[VALUES];
    node *y = start(&all, 0.5f, 3), *z = start(&one, 0.5f, 1);
    masks(&all, y, whole);
    one.r.draw.first = 2;
    masks(&one, z, part);
    assert_memory_equal(part, whole + 2 * VALUES, sizeof part);
    assert_memory_not_equal(part, whole + VALUES, sizeof part);
    one.r.draw.step++;
    masks(&one, z, other);
    assert_memory_not_equal(part, other, sizeof part);
    one.r.draw.step--;
    one.r.draw.seed += UINT64_C(1) << 32;
    masks(&one, z, other);
    assert_memory_not_equal(part, other, sizeof part);
    net_release(&all);
    net_release(&one);
}

static void test_op_dropout__refuses(void **state)
{
    (void)state;
    const float rates[] = {-0.1f, 1, NAN};
    for (int i = 0; i < 3; i++) {
        net t = {0};
        vq_error err;
        net_begin(&t, false);
        graph_dropout(&t.g, net_input(&t, 1, 1, 1, false), rates[i]);
        assert_fails(graph_plan(&t.g, 1, GRAPH_TRAIN, &err), VQ_EINTERNAL, &err,
                     "a rate of");
        net_release(&t);
    }
}

const struct CMUnitTest test_op_dropout_suite[] = {
    cmocka_unit_test(test_op_dropout__share_and_scale),
    cmocka_unit_test(test_op_dropout__gradients),
    cmocka_unit_test(test_op_dropout__place),
    cmocka_unit_test(test_op_dropout__refuses),
    {0},
};
