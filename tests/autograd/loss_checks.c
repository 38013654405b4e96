/* SPDX-License-Identifier: MIT */
#include "loss_checks.h"

#include "golden_fill.h"
#include "gradcheck.h"
#include "support.h"

void loss_start(net *t, loss_op *loss)
{
    *t = (net){0};
    net_begin(t, false);
    node *a = net_input(t, 3, 4, 5, true), *b = net_input(t, 3, 4, 5, true);
    loss(&t->g, a, b, 2.5f);
    net_ready(t, 2, GRAPH_TRAIN);
    golden_fill(t->x[0], LOSS_CHECK_SIZE, 1);
    golden_fill(t->x[1], LOSS_CHECK_SIZE, 2);
}

void loss_check(net *t, const float *want, const float *da, const float *db)
{
    float got = (float)net_forward(t);
    assert_close(&got, want, 1, 0, 1e-6);
    assert_true(t->r.loss[LOSS_CODEBOOK] == 0 && t->r.loss[LOSS_COMMITMENT] == 0);
    net_backward(t, NULL);
    assert_close(run_dy(&t->r, t->in[0]), da, LOSS_CHECK_SIZE, 1e-7, 1e-6);
    assert_close(run_dy(&t->r, t->in[1]), db, LOSS_CHECK_SIZE, 1e-7, 1e-6);
}

void loss_check_gradients(loss_op *loss, double step, void (*fill)(net *t))
{
    for (int shape = 0; shape < 4; shape++) {
        net t = {0};
        net_begin(&t, false);
        node *a = net_input(&t, 2, 3, 4, true);
        node *b = net_input(&t, 2, 3, 4, shape == 1);
        if (shape == 2)
            loss(&t.g, a, a, 0.5f);
        if (shape == 3)
            loss(&t.g, b, a, 0.5f);
        loss(&t.g, a, b, 0.7f);
        net_ready(&t, 2, GRAPH_TRAIN);
        if (fill)
            fill(&t);
        gradcheck c = {.step = step, .tol = 1e-4};
        gradcheck_net(&c, &t);
        gradcheck_assert(&c);
        assert_int_equal(c.checked, shape == 1 ? 96 : 48);
        net_release(&t);
    }
}
