/* SPDX-License-Identifier: MIT */
#include "conv_rig.h"

#include <math.h>
#include <stdlib.h>

#include "random.h"

#define GUARD 32 /* floats between buffers */
#define GUARD_VALUE 12345.f

conv_shape shape_make(int k, int stride, int pad, int c, int oc, int h, int w)
{
    return (conv_shape){.kh = k,
                        .kw = k,
                        .stride = stride,
                        .pad_y = pad,
                        .pad_x = pad,
                        .c = c,
                        .oc = oc,
                        .h = h,
                        .w = w,
                        .oh = conv_out_size(h, k, stride, pad),
                        .ow = conv_out_size(w, k, stride, pad)};
}

static float *rig_take(rig *r, size_t *at, size_t count)
{
    float *p = r->memory ? r->memory + *at : NULL;
    *at += (count + GUARD + 15) / 16 * 16;
    return p;
}

static void rig_carve(rig *r)
{
    size_t at = GUARD;
    size_t n_bias = (size_t)(r->s.c > r->s.oc ? r->s.c : r->s.oc);
    r->x = rig_take(r, &at, r->n_x);
    r->y = rig_take(r, &at, r->n_y);
    r->w = rig_take(r, &at, r->n_w);
    r->bias = rig_take(r, &at, n_bias);
    r->out[MAP_APPLY] = rig_take(r, &at, r->n_y);
    r->out[MAP_ADJOINT] = rig_take(r, &at, r->n_x);
    r->out[MAP_GRAD] = rig_take(r, &at, r->n_w);
    for (int map = CONV_APPLY; map <= CONV_ADJOINT; map++)
        r->packed[map] = rig_take(r, &at, r->kernel->packed_size(&r->s, map));
    r->scratch = rig_take(r, &at, r->kernel->scratch_size(&r->s, r->n));
    r->total = at;
}

void rig_fill(uint64_t *state, float *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        v[i] = test_uniform(state);
}

void rig_poison(float *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        v[i] = NAN;
}

void rig_init(rig *r, const conv_kernel *kernel, conv_shape s, int n, uint64_t seed)
{
    *r = (rig){.kernel = kernel, .s = s, .n = n};
    r->n_x = (size_t)n * (size_t)(s.h * s.w * s.c);
    r->n_y = (size_t)n * (size_t)(s.oh * s.ow * s.oc);
    r->n_w = (size_t)(s.kh * s.kw * s.c * s.oc);
    rig_carve(r);
    r->memory = aligned_alloc(64, r->total * sizeof *r->memory);
    assert_non_null(r->memory);
    for (size_t i = 0; i < r->total; i++)
        r->memory[i] = GUARD_VALUE;
    rig_carve(r);
    rig_fill(&seed, r->x, r->n_x);
    rig_fill(&seed, r->y, r->n_y);
    rig_fill(&seed, r->w, r->n_w);
    rig_fill(&seed, r->bias, (size_t)(s.c > s.oc ? s.c : s.oc));
    rig_pack(r);
}

void rig_release(rig *r)
{
    free(r->memory);
    *r = (rig){0};
}

void rig_pack(rig *r)
{
    for (int map = CONV_APPLY; map <= CONV_ADJOINT; map++) {
        rig_poison(r->packed[map], r->kernel->packed_size(&r->s, map));
        r->kernel->pack(&r->s, map, r->w, r->packed[map]);
    }
}

void rig_run(rig *r, int map, conv_out out)
{
    const conv_kernel *k = r->kernel;
    rig_poison(r->scratch, k->scratch_size(&r->s, r->n));
    if (map == MAP_APPLY)
        k->apply(&r->s, r->n, r->x, r->packed[CONV_APPLY], r->out[map], out,
                 r->scratch);
    else if (map == MAP_ADJOINT)
        k->adjoint(&r->s, r->n, r->y, r->packed[CONV_ADJOINT], r->out[map], out,
                   r->scratch);
    else
        k->grad(&r->s, r->n, r->x, r->y, r->out[map], out.accumulate, r->scratch);
}

size_t rig_count(const rig *r, int map)
{
    return map == MAP_APPLY ? r->n_y : map == MAP_ADJOINT ? r->n_x : r->n_w;
}

bool rig_guards_intact(const rig *r)
{
    size_t n_bias = (size_t)(r->s.c > r->s.oc ? r->s.c : r->s.oc);
    const struct {
        const float *v;
        size_t n;
    } runs[] = {
        {r->memory, 0},
        {r->x, r->n_x},
        {r->y, r->n_y},
        {r->w, r->n_w},
        {r->bias, n_bias},
        {r->out[MAP_APPLY], r->n_y},
        {r->out[MAP_ADJOINT], r->n_x},
        {r->out[MAP_GRAD], r->n_w},
        {r->packed[CONV_APPLY], r->kernel->packed_size(&r->s, CONV_APPLY)},
        {r->packed[CONV_ADJOINT], r->kernel->packed_size(&r->s, CONV_ADJOINT)},
        {r->scratch, r->kernel->scratch_size(&r->s, r->n)},
    };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
        for (size_t g = 0; g < GUARD; g++)
            if (runs[i].v[runs[i].n + g] != GUARD_VALUE)
                return false;
    return true;
}
