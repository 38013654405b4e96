/* SPDX-License-Identifier: MIT */
#include "autograd/adam.h"

#include <math.h>

vq_status adam_init(adam *a, size_t size, double lr, bool amsgrad, vq_error *err)
{
    *a = (adam){
        .lr = lr, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .scale = 1, .size = size};
    size_t bytes = arena_round(size * sizeof(float));
    vq_status status = arena_init(&a->memory, bytes * (amsgrad ? 3 : 2), err);
    if (status != VQ_OK)
        return status;
    a->m = arena_take(&a->memory, bytes);
    a->v = arena_take(&a->memory, bytes);
    a->v_max = amsgrad ? arena_take(&a->memory, bytes) : NULL;
    return VQ_OK;
}

void adam_release(adam *a)
{
    arena_release(&a->memory);
    *a = (adam){0};
}

/*
 * One value's update, with the step's constants; the caller's loop over it vectorises.
 *   m += (1 - beta1) (g - m)       v = beta2 v + (1 - beta2) g^2
 *   value = keep value - step m / (sqrt(v or v_max) root + eps)
 * where g is the scaled gradient, step = lr / (1 - beta1^t), root = 1 / sqrt(1 -
 * beta2^t) and keep = 1 - lr weight_decay.
 */
typedef struct rates {
    float scale, rest1, beta2, rest2, keep, step, root, eps;
} rates;

static inline float moved(const rates *k, float value, float m, float v)
{
    return k->keep * value - k->step * m / (sqrtf(v) * k->root + k->eps);
}

static void update_plain(const rates *k, size_t n, float *restrict value,
                         const float *restrict grad, float *restrict m,
                         float *restrict v)
{
    for (size_t i = 0; i < n; i++) {
        float g = k->scale * grad[i];
        m[i] += k->rest1 * (g - m[i]);
        v[i] = k->beta2 * v[i] + k->rest2 * g * g;
        value[i] = moved(k, value[i], m[i], v[i]);
    }
}

static void update_amsgrad(const rates *k, size_t n, float *restrict value,
                           const float *restrict grad, float *restrict m,
                           float *restrict v, float *restrict v_max)
{
    for (size_t i = 0; i < n; i++) {
        float g = k->scale * grad[i];
        m[i] += k->rest1 * (g - m[i]);
        v[i] = k->beta2 * v[i] + k->rest2 * g * g;
        v_max[i] = v_max[i] > v[i] ? v_max[i] : v[i];
        value[i] = moved(k, value[i], m[i], v_max[i]);
    }
}

void adam_update(const adam *a, size_t first, size_t count, bool decays, float *value,
                 const float *grad)
{
    double t = (double)a->t;
    rates k = {
        .scale = (float)a->scale,
        .rest1 = (float)(1 - a->beta1),
        .beta2 = (float)a->beta2,
        .rest2 = (float)(1 - a->beta2),
        .keep = decays ? (float)(1 - a->lr * a->weight_decay) : 1,
        .step = (float)(a->lr / (1 - pow(a->beta1, t))),
        .root = (float)(1 / sqrt(1 - pow(a->beta2, t))),
        .eps = (float)a->eps,
    };
    if (a->v_max)
        update_amsgrad(&k, count, value + first, grad + first, a->m + first,
                       a->v + first, a->v_max + first);
    else
        update_plain(&k, count, value + first, grad + first, a->m + first,
                     a->v + first);
}

double adam_clip(double limit, double norm)
{
    double scale = limit / (norm + 1e-6);
    return scale < 1 ? scale : 1;
}
