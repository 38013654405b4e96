/*
 * SPDX-License-Identifier: MIT
 *
 * Winograd convolution for the geometries of the model. Code, included once per
 * instruction set.
 *
 *   3x3 stride 1 pad 1   F(4x4,3x3): 36 multiplications for 16 outputs, not 144
 *   4x4 stride 2 pad 1   taps of equal parity are four 2x2 kernels on the four phases
 *                        of the image, F(4x4,2x2) each: 100, not 256
 *
 * A group of tiles is transformed, multiplied point by point, transformed back. Packed
 * weights are U for apply, then U' for adjoint, in the panels that product_run reads.
 */
#ifndef VQ_TENSOR_WINOGRAD_H
#define VQ_TENSOR_WINOGRAD_H

#include "tensor/product.h"
#include "tensor/tiles.h"

static bool winograd_fits(const conv_shape *s)
{
    if (s->kh != s->kw || s->pad != 1)
        return false;
    return (s->kh == 3 && s->stride == 1) || (s->kh == 4 && s->stride == 2);
}

/* ---- weights -----------------------------------------------------------------------
 */

/* Floats from one point's U (k = ic, n = oc) or U' (k = oc, n = ic) to the next. */
static ptrdiff_t filter_slot(int k, int n)
{
    return (ptrdiff_t)panels_size(k, n) + 16; /* points in different cache sets */
}

static size_t winograd_packed_size(const conv_shape *s)
{
    tiling t = tiling_of(s, 0);
    return (size_t)(t.points * (filter_slot(t.ic, s->oc) + filter_slot(s->oc, t.ic)));
}

/* The kernel of image channel q (over all phases) and feature channel o. */
static const float *filter_at(const conv_shape *s, const float *weight, int q, int o)
{
    int phase = q / s->c, tap = phase / s->stride * s->kw + phase % s->stride;
    return weight + ((ptrdiff_t)tap * s->c + q % s->c) * s->oc + o;
}

/* Floats from a kernel's tap (0,0) to its tap (i,j), of equal parity. */
ALWAYS_INLINE ptrdiff_t filter_tap(const conv_shape *s, int i, int j)
{
    return (ptrdiff_t)(i * s->kw + j) * s->stride * s->c * s->oc;
}

/* U = G g G' for a vector of kernels, each point to packed + point * slot. */
ALWAYS_INLINE void filter_in(int r, const vec *g, float *packed, ptrdiff_t slot)
{
    const int size = r + 3;
    vec half[TC_MAX][3], column[3], u[TC_MAX];
    for (int j = 0; j < r; j++) {
        for (int i = 0; i < r; i++)
            column[i] = g[i * r + j];
        tc_filter_in(r, column, u);
        for (int i = 0; i < size; i++)
            half[i][j] = u[i];
    }
    for (int i = 0; i < size; i++) {
        tc_filter_in(r, half[i], u);
        for (int j = 0; j < size; j++)
            vec_store(packed + (i * size + j) * slot, u[j]);
    }
}

/* U: kernels of VEC feature channels are side by side. */
ALWAYS_INLINE void pack_apply(int r, const conv_shape *s, const float *weight,
                              float *packed)
{
    const int ic = s->stride * s->stride * s->c;
    for (int o = 0; o < s->oc; o += VEC)
        for (int q = 0; q < ic; q++) {
            const float *w = filter_at(s, weight, q, o);
            int lanes = s->oc - o < VEC ? s->oc - o : VEC;
            vec g[9];
            for (int i = 0; i < r; i++)
                for (int j = 0; j < r; j++)
                    g[i * r + j] = vec_load_lanes(w + filter_tap(s, i, j), lanes);
            filter_in(r, g, packed + panel_at(ic, q, o), filter_slot(ic, s->oc));
        }
}

/* U': kernels of VEC image channels are gathered. */
ALWAYS_INLINE void pack_adjoint(int r, const conv_shape *s, const float *weight,
                                float *packed)
{
    const int ic = s->stride * s->stride * s->c;
    for (int q = 0; q < ic; q += VEC)
        for (int o = 0; o < s->oc; o++) {
            float lanes[9][VEC] = {0};
            for (int e = 0; e < VEC && q + e < ic; e++) {
                const float *w = filter_at(s, weight, q + e, o);
                for (int i = 0; i < r; i++)
                    for (int j = 0; j < r; j++)
                        lanes[i * r + j][e] = w[filter_tap(s, i, j)];
            }
            vec g[9];
            for (int i = 0; i < r * r; i++)
                g[i] = vec_load(lanes[i]);
            filter_in(r, g, packed + panel_at(s->oc, o, q), filter_slot(s->oc, ic));
        }
}

static float *packed_adjoint(const tiling *t, const float *packed)
{
    return (float *)packed + t->points * filter_slot(t->ic, t->s->oc);
}

static void winograd_pack(const conv_shape *s, const float *weight, float *packed)
{
    tiling t = tiling_of(s, 0);
    if (t.taps == 3) {
        pack_apply(3, s, weight, packed);
        pack_adjoint(3, s, weight, packed_adjoint(&t, packed));
    } else {
        pack_apply(2, s, weight, packed);
        pack_adjoint(2, s, weight, packed_adjoint(&t, packed));
    }
}

/* ---- maps --------------------------------------------------------------------------
 * Scratch: pixels outside the image, then slots. Transforms write slots 1 to points;
 * the product of point p reads slot p + 1 and writes slot p, so that one set of slots
 * serves both sides and stays in L2 while the weights stream by.
 */

static size_t spare_size(const conv_shape *s)
{
    return (size_t)round_up(s->c > s->oc ? s->c : s->oc, 16);
}

static size_t winograd_scratch_size(const conv_shape *s, int n)
{
    tiling t = tiling_of(s, n);
    return spare_size(s) + (size_t)(2 * t.points * t.slot) +
           (size_t)(t.points * MR * NR);
}

static int group_at(const tiling *t, int first)
{
    return t->count - first < TILES ? t->count - first : TILES;
}

static void winograd_apply(const conv_shape *s, int n, const float *x,
                           const float *packed, float *y, conv_out out, float *scratch)
{
    tiling t = tiling_of(s, n);
    float *spare = scratch, *slots = scratch + spare_size(s);
    for (int first = 0; first < t.count; first += TILES) {
        int m = group_at(&t, first);
        memset(spare, 0, spare_size(s) * sizeof *spare);
        image_in(&t, first, m, x, spare, slots + t.slot);
        for (int p = 0; p < t.points; p++)
            product_run(&(product){.m = m,
                                   .n = (int)t.feature_row,
                                   .k = t.ic,
                                   .a = slots + (p + 1) * t.slot,
                                   .a_row = t.image_row,
                                   .a_col = 1,
                                   .b = packed + p * filter_slot(t.ic, s->oc),
                                   .b_row = NR,
                                   .b_panel = (ptrdiff_t)t.ic * NR,
                                   .c = slots + p * t.slot,
                                   .c_row = t.feature_row});
        feature_out(&t, first, m, slots, out, y, spare);
    }
}

static void winograd_adjoint(const conv_shape *s, int n, const float *y,
                             const float *packed, float *x, conv_out out,
                             float *scratch)
{
    tiling t = tiling_of(s, n);
    float *spare = scratch, *slots = scratch + spare_size(s);
    packed = packed_adjoint(&t, packed);
    conv_begin(x, (size_t)n * (size_t)(s->h * s->w), s->c, out);
    for (int first = 0; first < t.count; first += TILES) {
        int m = group_at(&t, first);
        memset(spare, 0, spare_size(s) * sizeof *spare);
        feature_in(&t, first, m, y, spare, slots + t.slot);
        for (int p = 0; p < t.points; p++)
            product_run(&(product){.m = m,
                                   .n = round_up(t.ic, VEC),
                                   .k = s->oc,
                                   .a = slots + (p + 1) * t.slot,
                                   .a_row = t.feature_row,
                                   .a_col = 1,
                                   .b = packed + p * filter_slot(s->oc, t.ic),
                                   .b_row = NR,
                                   .b_panel = (ptrdiff_t)s->oc * NR,
                                   .c = slots + p * t.slot,
                                   .c_row = t.image_row});
        image_out(&t, first, m, slots, x, spare);
    }
}

/* dw += G'(sum)G for one vector of kernels, whose points lie MR * NR floats apart. */
ALWAYS_INLINE void filter_out(int r, const conv_shape *s, const float *sum, float *dw,
                              int lanes)
{
    const int size = r + 3;
    vec half[3][TC_MAX], u[TC_MAX], g[3];
    for (int j = 0; j < size; j++) {
        for (int i = 0; i < size; i++)
            u[i] = vec_load(sum + (i * size + j) * MR * NR);
        tc_filter_out(r, u, g);
        for (int i = 0; i < r; i++)
            half[i][j] = g[i];
    }
    for (int i = 0; i < r; i++) {
        tc_filter_out(r, half[i], g);
        for (int j = 0; j < r; j++) {
            float *to = dw + filter_tap(s, i, j);
            vec_store_lanes(to, vec_load_lanes(to, lanes) + g[j], lanes);
        }
    }
}

/* The block of weights of image channels [q, q + m) and feature channels of the panel
 * at o: from sums at all points to dw. */
static void grad_out(const tiling *t, int q, int m, int o, const float *sum, float *dw)
{
    const conv_shape *s = t->s;
    for (int i = 0; i < m; i++)
        for (int e = 0; e < NR && o + e < s->oc; e += VEC) {
            float *to = (float *)filter_at(s, dw, q + i, o + e);
            const float *from = sum + i * NR + e;
            int lanes = s->oc - o - e;
            if (lanes >= VEC && t->taps == 3)
                filter_out(3, s, from, to, VEC);
            else if (lanes >= VEC)
                filter_out(2, s, from, to, VEC);
            else if (t->taps == 3)
                filter_out(3, s, from, to, lanes);
            else
                filter_out(2, s, from, to, lanes);
        }
}

/* The sums of a group over its tiles are MR x NR blocks of all points, inverted while
 * they are in cache: the gradient at the points is never written as a whole. */
static void grad_group(const tiling *t, int tiles, const float *image,
                       const float *feature, float *dw, float *sum)
{
    for (int o = 0; o < t->s->oc; o += NR)
        for (int q = 0, m; q < t->ic; q += m) {
            m = t->ic - q < MR ? t->ic - q : MR;
            int left = (int)t->feature_row - o;
            for (int p = 0; p < t->points; p++)
                product_run(&(product){.m = m,
                                       .n = left < NR ? left : NR,
                                       .k = tiles,
                                       .a = image + p * t->slot + q,
                                       .a_row = 1,
                                       .a_col = t->image_row,
                                       .b = feature + p * t->slot + o,
                                       .b_row = t->feature_row,
                                       .c = sum + p * MR * NR,
                                       .c_row = NR});
            grad_out(t, q, m, o, sum, dw);
        }
}

static void winograd_grad(const conv_shape *s, int n, const float *x, const float *y,
                          float *dw, float *scratch)
{
    tiling t = tiling_of(s, n);
    float *spare = scratch, *image = scratch + spare_size(s);
    float *feature = image + t.points * t.slot, *sum = feature + t.points * t.slot;
    memset(spare, 0, spare_size(s) * sizeof *spare);
    for (int first = 0; first < t.count; first += TILES) {
        int m = group_at(&t, first);
        image_in(&t, first, m, x, spare, image);
        feature_in(&t, first, m, y, spare, feature);
        grad_group(&t, m, image, feature, dw, sum);
    }
}

#endif
