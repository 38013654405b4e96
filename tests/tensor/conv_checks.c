/* SPDX-License-Identifier: MIT */
#include "conv_checks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "tensor/tensor.h"

/* ---- the naive loops: double, straight from the definition -------------------------
 */

typedef void visit(double *out, const rig *r, size_t x, size_t y, size_t w);

static void add_apply(double *out, const rig *r, size_t x, size_t y, size_t w)
{
    out[y] += (double)r->x[x] * (double)r->w[w];
}

static void add_adjoint(double *out, const rig *r, size_t x, size_t y, size_t w)
{
    out[x] += (double)r->y[y] * (double)r->w[w];
}

static void add_grad(double *out, const rig *r, size_t x, size_t y, size_t w)
{
    out[w] += (double)r->x[x] * (double)r->y[y];
}

/* All channel pairs of one image pixel, one feature pixel and one kernel tap. */
static void visit_pair(double *out, const rig *r, visit *add, size_t x, size_t y,
                       size_t tap)
{
    size_t c = (size_t)r->s.c, oc = (size_t)r->s.oc;
    for (size_t i = 0; i < c; i++)
        for (size_t o = 0; o < oc; o++)
            add(out, r, x * c + i, y * oc + o, (tap * c + i) * oc + o);
}

static void visit_pixel(double *out, const rig *r, visit *add, int image, int i, int j)
{
    const conv_shape *s = &r->s;
    for (int a = 0; a < s->kh; a++)
        for (int b = 0; b < s->kw; b++) {
            int p = i * s->stride + a - s->pad_y, q = j * s->stride + b - s->pad_x;
            if (p >= 0 && p < s->h && q >= 0 && q < s->w)
                visit_pair(out, r, add, (size_t)((image * s->h + p) * s->w + q),
                           (size_t)((image * s->oh + i) * s->ow + j),
                           (size_t)(a * s->kw + b));
        }
}

static double *naive(const rig *r, int map)
{
    static visit *const adds[MAPS] = {add_apply, add_adjoint, add_grad};
    double *out = calloc(rig_count(r, map) + 1, sizeof *out);
    assert_non_null(out);
    for (int image = 0; image < r->n; image++)
        for (int i = 0; i < r->s.oh; i++)
            for (int j = 0; j < r->s.ow; j++)
                visit_pixel(out, r, adds[map], image, i, j);
    return out;
}

/* ---- verdicts ----------------------------------------------------------------------
 */

static double rms(const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i] * v[i];
    return n > 0 ? sqrt(sum / (double)n) : 0;
}

static verdict bad(const rig *r, const char *what, double got, double want, double at)
{
    const conv_shape *s = &r->s;
    verdict v = {.ok = false, .error = fabs(got - want)};
    snprintf(v.text, sizeof v.text,
             "%s: %s: %.9g, want %.9g, at %.0f (%dx%d stride %d pad %d %d, c %d oc %d, "
             "%d of %dx%d)",
             r->kernel->name, what, got, want, at, s->kh, s->kw, s->stride, s->pad_y,
             s->pad_x, s->c, s->oc, r->n, s->h, s->w);
    return v;
}

static verdict compare(const rig *r, const char *what, const float *got,
                       const double *want, size_t n, double tolerance)
{
    verdict v = {.ok = true};
    double scale = rms(want, n);
    for (size_t i = 0; i < n; i++) {
        double error = fabs((double)got[i] - want[i]);
        if (!(error <= tolerance * scale))
            return bad(r, what, (double)got[i], want[i], (double)i);
        if (error > v.error * scale)
            v.error = error / scale;
    }
    return v;
}

static verdict worse(verdict a, verdict b)
{
    return !b.ok || (a.ok && b.error > a.error) ? b : a;
}

/* What the map must leave in out[map], given what `before` held. */
static void expect(const rig *r, int map, conv_out out, const float *before,
                   double *want)
{
    size_t run = (size_t)(map == MAP_APPLY ? r->s.oc : r->s.c);
    for (size_t i = 0; i < rig_count(r, map); i++) {
        if (out.accumulate)
            want[i] += (double)before[i];
        if (out.bias && map != MAP_GRAD)
            want[i] += (double)out.bias[i % run];
    }
}

verdict check_maps(rig *r, conv_out out, double tolerance)
{
    static const char *const names[MAPS] = {"apply", "adjoint", "grad"};
    verdict v = {.ok = true};
    for (int map = 0; map < MAPS && v.ok; map++) {
        uint64_t seed = 7;
        double *want = naive(r, map);
        rig_fill(&seed, r->out[map], rig_count(r, map));
        expect(r, map, out, r->out[map], want);
        if (!out.accumulate)
            rig_poison(r->out[map], rig_count(r, map));
        rig_run(r, map, out);
        v = worse(
            v, compare(r, names[map], r->out[map], want, rig_count(r, map), tolerance));
        free(want);
        if (v.ok && !rig_guards_intact(r))
            v = bad(r, "guard overwritten", 0, 0, map);
    }
    return v;
}

static double dot(const float *a, const float *b, size_t n, double *norm)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)a[i] * (double)b[i];
        *norm += (double)a[i] * (double)a[i] * (double)b[i] * (double)b[i];
    }
    return sum;
}

verdict check_adjoint(rig *r, double tolerance)
{
    for (int map = 0; map < MAPS; map++)
        rig_run(r, map, (conv_out){0});
    double norm = 1e-30, unused = 0;
    double apply = dot(r->out[MAP_APPLY], r->y, r->n_y, &norm);
    double adjoint = dot(r->out[MAP_ADJOINT], r->x, r->n_x, &unused);
    double grad = dot(r->out[MAP_GRAD], r->w, r->n_w, &unused);
    verdict v = {.ok = true};
    if (!(fabs(adjoint - apply) <= tolerance * sqrt(norm)))
        return bad(r, "<x, adjoint y>", adjoint, apply, -1);
    if (!(fabs(grad - apply) <= tolerance * sqrt(norm)))
        return bad(r, "<grad, w>", grad, apply, -1);
    v.error = fabs(adjoint - apply) / sqrt(norm);
    return v;
}

verdict check_impulse(rig *r, double tolerance)
{
    uint64_t seed = r->n_x;
    float *x = malloc(r->n_x * sizeof *x);
    assert_non_null(x);
    memcpy(x, r->x, r->n_x * sizeof *x);
    memset(r->x, 0, r->n_x * sizeof *x);
    r->x[test_random(&seed, (uint32_t)r->n_x)] = 1;
    rig_run(r, MAP_APPLY, (conv_out){0});
    double *want = naive(r, MAP_APPLY);
    verdict v = {.ok = true};
    for (size_t i = 0; i < r->n_y && v.ok; i++) /* weights are below 1 */
        if (!(fabs((double)r->out[MAP_APPLY][i] - want[i]) <= tolerance))
            v = bad(r, "impulse", (double)r->out[MAP_APPLY][i], want[i], (double)i);
    memcpy(r->x, x, r->n_x * sizeof *x);
    free(want);
    free(x);
    return v;
}

/* Replace input[map] by a p + b q, where p is what it holds and q is made from seed;
 * run; add scale * result to sum. */
static void linear_part(rig *r, int map, const float *p, float a, float b, double scale,
                        double *sum)
{
    float *input = map == MAP_ADJOINT ? r->y : r->x;
    size_t n = map == MAP_ADJOINT ? r->n_y : r->n_x;
    uint64_t seed = 99;
    for (size_t i = 0; i < n; i++)
        input[i] = a * p[i] + b * test_uniform(&seed);
    memset(r->out[map], 0, rig_count(r, map) * sizeof *r->x);
    rig_run(r, map, (conv_out){0});
    for (size_t i = 0; i < rig_count(r, map); i++)
        sum[i] += scale * (double)r->out[map][i];
}

static verdict check_linear_map(rig *r, int map, double tolerance)
{
    const float *input = map == MAP_ADJOINT ? r->y : r->x;
    size_t n = map == MAP_ADJOINT ? r->n_y : r->n_x;
    float *p = malloc(n * sizeof *p);
    double *sum = calloc(rig_count(r, map), sizeof *sum);
    assert_true(p && sum);
    memcpy(p, input, n * sizeof *p);
    linear_part(r, map, p, 1, 0, 0.75, sum);
    linear_part(r, map, p, 0, 1, -2.5, sum);
    linear_part(r, map, p, 0.75f, -2.5f, 0, sum);
    verdict v = compare(r, "linear", r->out[map], sum, rig_count(r, map), tolerance);
    memcpy(map == MAP_ADJOINT ? r->y : r->x, p, n * sizeof *p);
    free(p);
    free(sum);
    return v;
}

verdict check_linear(rig *r, double tolerance)
{
    verdict v = {.ok = true};
    for (int map = 0; map < MAPS && v.ok; map++)
        v = check_linear_map(r, map, tolerance);
    return v;
}

static verdict same_bits(const rig *r, const char *what, const float *got,
                         const float *want, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (memcmp(&got[i], &want[i], sizeof *got) != 0)
            return bad(r, what, (double)got[i], (double)want[i], (double)i);
    return (verdict){.ok = true};
}

verdict check_batch(rig *r)
{
    rig one;
    verdict v = {.ok = true};
    rig_init(&one, r->kernel, r->s, 1, 1);
    memcpy(one.w, r->w, r->n_w * sizeof *r->w);
    rig_pack(&one);
    rig_run(r, MAP_APPLY, (conv_out){0});
    rig_run(r, MAP_ADJOINT, (conv_out){0});
    for (int i = 0; i < r->n && v.ok; i++) {
        memcpy(one.x, r->x + (size_t)i * one.n_x, one.n_x * sizeof *r->x);
        memcpy(one.y, r->y + (size_t)i * one.n_y, one.n_y * sizeof *r->y);
        rig_run(&one, MAP_APPLY, (conv_out){0});
        rig_run(&one, MAP_ADJOINT, (conv_out){0});
        v = worse(v, same_bits(r, "apply in a batch",
                               r->out[MAP_APPLY] + (size_t)i * one.n_y,
                               one.out[MAP_APPLY], one.n_y));
        v = worse(v, same_bits(r, "adjoint in a batch",
                               r->out[MAP_ADJOINT] + (size_t)i * one.n_x,
                               one.out[MAP_ADJOINT], one.n_x));
    }
    rig_release(&one);
    return v;
}

/* Copy rows and columns of src from (at, at) on to all of dst. */
static void crop(tensor src, int at, tensor dst)
{
    for (int i = 0; i < dst.h; i++)
        memcpy(dst.v + (size_t)(i * dst.w * dst.c),
               src.v + (size_t)(((at + i) * src.w + at) * src.c),
               (size_t)(dst.w * dst.c) * sizeof *dst.v);
}

/* Compare the pixels of part, `halo` away from its border, with those of whole, where
 * it lies at (at, at). */
static verdict same_inside(const rig *r, const char *what, tensor part, tensor whole,
                           int at, int halo)
{
    verdict v = {.ok = true};
    for (int i = halo; i < part.h - halo && v.ok; i++)
        for (int j = halo; j < part.w - halo && v.ok; j++)
            v = same_bits(r, what, part.v + (size_t)((i * part.w + j) * part.c),
                          whole.v + (size_t)(((at + i) * whole.w + at + j) * part.c),
                          (size_t)part.c);
    return v;
}

static tensor image_side(const rig *r, float *v)
{
    return (tensor){v, r->n, r->s.h, r->s.w, r->s.c};
}

static tensor feature_side(const rig *r, float *v)
{
    return (tensor){v, r->n, r->s.oh, r->s.ow, r->s.oc};
}

verdict check_crop(rig *r)
{
    const conv_shape *s = &r->s;
    int at = CONV_BLOCK, image_at = at * s->stride;
    rig part;
    rig_init(&part, r->kernel,
             shape_make(s->kh, s->stride, s->pad_y, s->c, s->oc, s->h - image_at,
                        s->w - image_at - s->stride),
             1, 1);
    memcpy(part.w, r->w, r->n_w * sizeof *r->w);
    rig_pack(&part);
    crop(image_side(r, r->x), image_at, image_side(&part, part.x));
    crop(feature_side(r, r->y), at, feature_side(&part, part.y));
    for (int map = 0; map <= MAP_ADJOINT; map++) {
        rig_run(r, map, (conv_out){0});
        rig_run(&part, map, (conv_out){0});
    }
    verdict v =
        same_inside(r, "apply on a crop", feature_side(&part, part.out[MAP_APPLY]),
                    feature_side(r, r->out[MAP_APPLY]), at, 2 * CONV_BLOCK);
    v = worse(v, same_inside(r, "adjoint on a crop",
                             image_side(&part, part.out[MAP_ADJOINT]),
                             image_side(r, r->out[MAP_ADJOINT]), image_at,
                             2 * CONV_BLOCK * s->stride));
    rig_release(&part);
    return v;
}
