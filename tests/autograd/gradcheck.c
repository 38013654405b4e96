/* SPDX-License-Identifier: MIT */
#include "gradcheck.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static double derivative(float *x, double step, gradcheck_fn f, void *user)
{
    float middle = *x;
    float high = (float)((double)middle + step), low = (float)((double)middle - step);
    *x = high;
    double up = f(user);
    *x = low;
    double down = f(user);
    *x = middle;
    return (up - down) / ((double)high - (double)low);
}

void gradcheck_array(gradcheck *c, const char *what, float *x, const float *grad,
                     size_t n, gradcheck_fn f, void *user)
{
    double *numeric = malloc(n * sizeof *numeric), largest = 0;
    assert_non_null(numeric);
    for (size_t i = 0; i < n; i++) {
        numeric[i] = derivative(&x[i], c->step, f, user);
        largest = fmax(largest, fabs(numeric[i]));
    }
    for (size_t i = 0; i < n; i++) {
        double error = fabs((double)grad[i] - numeric[i]);
        c->checked++;
        if (isfinite(largest) && error <= c->tol * largest)
            continue;
        if (c->bad++ == 0) {
            snprintf(c->what, sizeof c->what, "%s", what);
            c->index = i;
            c->numeric = numeric[i];
            c->analytic = (double)grad[i];
        }
    }
    free(numeric);
}

typedef struct objective {
    net *t;
    const float *weight; /* of the last node's y; NULL: it is a loss */
} objective;

static double objective_value(void *user)
{
    const objective *o = user;
    net *t = o->t;
    const node *last = &t->g.nodes[t->g.n_nodes - 1];
    double sum = net_forward(t);
    const float *y = run_y(&t->r, last);
    for (size_t i = 0; o->weight && i < net_count(t, last); i++)
        sum += (double)o->weight[i] * (double)y[i];
    return sum;
}

static float *copy_of(const float *v, size_t n)
{
    float *copy = malloc(n * sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, v, n * sizeof *copy);
    return copy;
}

void gradcheck_net(gradcheck *c, net *t)
{
    const node *last = &t->g.nodes[t->g.n_nodes - 1];
    float *dx[NET_INPUTS] = {0}, *weight = NULL;
    if (!last->op->is_loss) {
        weight = malloc(net_count(t, last) * sizeof *weight);
        assert_non_null(weight);
        net_fill_away_from_zero(weight, net_count(t, last), 300);
    }
    net_forward(t);
    net_backward(t, weight);
    float *grad = copy_of(t->grad, t->p.size);
    for (int i = 0; i < t->n_inputs; i++)
        if (t->in[i]->needs_dy)
            dx[i] = copy_of(run_dy(&t->r, t->in[i]), net_count(t, t->in[i]));

    objective o = {t, weight};
    for (int i = 0; i < t->p.n; i++) {
        const param *p = &t->p.table[i];
        if (p->role == PARAM_TRAINED)
            gradcheck_array(c, p->name, net_value(t, i), grad + p->offset, p->count,
                            objective_value, &o);
    }
    for (int i = 0; i < t->n_inputs; i++) {
        char what[32];
        snprintf(what, sizeof what, "input %d", i);
        if (dx[i])
            gradcheck_array(c, what, t->x[i], dx[i], net_count(t, t->in[i]),
                            objective_value, &o);
        free(dx[i]);
    }
    free(grad);
    free(weight);
}

void gradcheck_assert(const gradcheck *c)
{
    if (c->checked == 0)
        fail_msg("no coordinate was checked");
    if (c->bad > 0)
        fail_msg("%zu of %zu derivatives are wrong, first %s[%zu]: %.9g, want %.9g",
                 c->bad, c->checked, c->what, c->index, c->analytic, c->numeric);
}

const char *gradcheck_fault(int i, float *grad, size_t n)
{
    static const char *const names[GRADCHECK_FAULTS] = {
        "scaled by 1.01",  "negated",    "every second negated", "shifted by one",
        "largest missing", "one is NaN", "one is infinite"};
    size_t largest = 0;
    float last = grad[n - 1];
    for (size_t j = 0; j < n; j++) {
        if (fabsf(grad[j]) > fabsf(grad[largest]))
            largest = j;
        if (i == 0)
            grad[j] *= 1.01f;
        if (i == 1 || (i == 2 && j % 2 == 0))
            grad[j] = -grad[j];
    }
    if (i == 3) {
        memmove(grad + 1, grad, (n - 1) * sizeof *grad);
        grad[0] = last;
    }
    if (i == 4)
        grad[largest] = 0;
    if (i >= 5)
        grad[n / 2] = i == 5 ? NAN : INFINITY;
    return names[i];
}

void gradcheck_objects(const gradcheck *c, const char *what, float *x,
                       const float *grad, size_t n, gradcheck_fn f, void *user)
{
    for (int i = 0; i < GRADCHECK_FAULTS; i++) {
        float *wrong = copy_of(grad, n);
        const char *fault = gradcheck_fault(i, wrong, n);
        gradcheck objects = {.step = c->step, .tol = c->tol};
        gradcheck_array(&objects, what, x, wrong, n, f, user);
        if (objects.bad == 0)
            fail_msg("%s %s: nobody objects", what, fault);
        free(wrong);
    }
}
