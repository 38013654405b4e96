/*
 * SPDX-License-Identifier: MIT
 *
 * Weights of the Winograd kernels: to the points of the transform and, for their
 * gradient, back. Code, included once per instruction set.
 *
 * Packed are U for apply and U' for adjoint, in panels of PANEL output channels. U is
 * [panels][points][ic, PANEL], U' is [phases][panels][points][oc, PANEL]; the matrices
 * are in the panels that product_run reads. U' transposes blocks of kernels in
 * registers: 128 x 128 kernels of 3x3 then take 100 us for both instead of 230. Of
 * pairs, two rows of a matrix lie in the place of one.
 */
#ifndef VQ_TENSOR_WINOGRAD_WEIGHTS_H
#define VQ_TENSOR_WINOGRAD_WEIGHTS_H

#include "tensor/product.h"
#include "tensor/tiles.h"

#define PANEL 32

static int panels_of(int channels)
{
    return (channels + PANEL - 1) / PANEL;
}

static int panel_width(int channels, int from)
{
    return channels - from < PANEL ? channels - from : PANEL;
}

/* Floats of one panel at one point, k rows deep. */
static ptrdiff_t filter_slot(int k)
{
    return (ptrdiff_t)k * PANEL + 16; /* points in different cache sets */
}

/* Rows of a matrix of weights over so many channels, as they lie. */
static int filter_rows(const tiling *t, int channels)
{
    return t->pairs ? channels / 2 : channels;
}

static size_t filters_size(const conv_shape *s, conv_map map, bool pairs)
{
    tiling t = tiling_of(s, 0, pairs);
    if (map == CONV_APPLY)
        return (size_t)(panels_of(s->oc) * t.points *
                        filter_slot(filter_rows(&t, t.ic)));
    int panels = s->stride * s->stride * panels_of(s->c);
    return (size_t)(panels * t.points * filter_slot(filter_rows(&t, s->oc)));
}

/* The kernel of channels [i, o], seen from a phase: taps of one parity. */
static const float *filter_at(const conv_shape *s, const float *weight, int phase,
                              int i, int o)
{
    int tap = phase / s->stride * s->kw + phase % s->stride;
    return weight + ((ptrdiff_t)tap * s->c + i) * s->oc + o;
}

/* Floats from a kernel's tap (0,0) to its tap (i,j), of equal parity. */
ALWAYS_INLINE ptrdiff_t filter_tap(const conv_shape *s, int i, int j)
{
    return (ptrdiff_t)(i * s->kw + j) * s->stride * s->c * s->oc;
}

/* u = G g G' for a vector of kernels, at all points. */
ALWAYS_INLINE void filter_points(int ry, int rx, const vec *g, vec *points)
{
    const int size_y = ry + 3, size_x = rx + 3;
    vec half[TC_MAX][3], column[3], u[TC_MAX];
    for (int j = 0; j < rx; j++) {
        for (int i = 0; i < ry; i++)
            column[i] = g[i * rx + j];
        tc_filter_in(ry, column, u);
        for (int i = 0; i < size_y; i++)
            half[i][j] = u[i];
    }
    for (int i = 0; i < size_y; i++) {
        tc_filter_in(rx, half[i], u);
        for (int j = 0; j < size_x; j++)
            points[i * size_x + j] = u[j];
    }
}

/*
 * The points of a vector of kernels, each to packed + point * slot; with `second`,
 * those of two, as pairs. Written past the caches: the default model's packed weights
 * are 25 MB, and packing them all took 1.98 ms with plain stores, 1.03 ms with these.
 */
ALWAYS_INLINE void filter_in(int ry, int rx, const vec *g, const vec *second,
                             float *packed, ptrdiff_t slot)
{
    const int points = (ry + 3) * (rx + 3);
    vec u[POINTS_MAX], v[POINTS_MAX];
    filter_points(ry, rx, g, u);
    if (second)
        filter_points(ry, rx, second, v);
    for (int p = 0; p < points; p++)
        vec_stream(packed + p * slot, second ? vec_pair(u[p], v[p]) : u[p]);
}

/* U at a vector of feature channels, from o on: kernels side by side. */
ALWAYS_INLINE void pack_apply(int ry, int rx, const tiling *t, const float *weight,
                              int o, float *packed)
{
    const conv_shape *s = t->s;
    const int lanes = s->oc - o < VEC ? s->oc - o : VEC;
    const int rows = filter_rows(t, t->ic), together = t->pairs ? 2 : 1;
    packed += o / PANEL * t->points * filter_slot(rows);
    for (int phase = 0, q = 0; phase < s->stride * s->stride; phase++)
        for (int c = 0; c < s->c; c += together, q++) {
            vec g[2][9];
            for (int k = 0; k < together; k++) {
                const float *w = filter_at(s, weight, phase, c + k, o);
                for (int i = 0; i < ry; i++)
                    for (int j = 0; j < rx; j++)
                        g[k][i * rx + j] =
                            vec_load_lanes(w + filter_tap(s, i, j), lanes);
            }
            filter_in(ry, rx, g[0], t->pairs ? g[1] : NULL,
                      packed + panel_at(rows, q, o % PANEL), filter_slot(rows));
        }
}

/* U' at a vector of a phase's image channels, from c on, and a vector of feature
 * channels: blocks of kernels are transposed. */
ALWAYS_INLINE void pack_adjoint(int ry, int rx, const tiling *t, const float *weight,
                                int phase, int c, float *packed)
{
    const conv_shape *s = t->s;
    const int rows = s->c - c < VEC ? s->c - c : VEC, deep = filter_rows(t, s->oc);
    const int together = t->pairs ? 2 : 1;
    packed += (phase * panels_of(s->c) + c / PANEL) * t->points * filter_slot(deep);
    for (int o = 0; o < s->oc; o += VEC) {
        const int lanes = s->oc - o < VEC ? s->oc - o : VEC;
        vec g[9][VEC];
        for (int i = 0; i < ry; i++)
            for (int j = 0; j < rx; j++) {
                const float *w =
                    filter_at(s, weight, phase, c, o) + filter_tap(s, i, j);
                vec_load_transposed(w, s->oc, rows, lanes, g[i * rx + j]);
            }
        for (int e = 0; e < lanes; e += together) {
            vec one[9], next[9];
            for (int i = 0; i < ry * rx; i++) {
                one[i] = g[i][e];
                next[i] = g[i][e + together - 1];
            }
            filter_in(ry, rx, one, t->pairs ? next : NULL,
                      packed + panel_at(deep, (o + e) / together, c % PANEL),
                      filter_slot(deep));
        }
    }
}

static void filters_pack(const conv_shape *s, conv_map map, bool pairs,
                         const float *weight, float *packed)
{
    tiling t = tiling_of(s, 0, pairs);
    for (int o = 0; map == CONV_APPLY && o < s->oc; o += VEC)
        WITH_TAPS(&t, pack_apply, &t, weight, o, packed);
    int phases = map == CONV_ADJOINT ? s->stride * s->stride : 0;
    for (int phase = 0; phase < phases; phase++)
        for (int c = 0; c < s->c; c += VEC)
            WITH_TAPS(&t, pack_adjoint, &t, weight, phase, c, packed);
    vec_stream_end();
}

/* ---- gradient ----------------------------------------------------------------------
 */

/* Sums of a block of PANEL x PANEL kernels: point p, kernel (i, o) at
 * [p*SUM_SLOT + i*PANEL + o]. */
#define SUM_SLOT (PANEL * PANEL + 16)

/* dw = G'(sum)G for one vector of kernels; add: += */
ALWAYS_INLINE void filter_out(int ry, int rx, const conv_shape *s, const float *sum,
                              float *dw, int lanes, bool add)
{
    const int size_y = ry + 3, size_x = rx + 3;
    vec half[3][TC_MAX], u[TC_MAX], g[3];
    for (int j = 0; j < size_x; j++) {
        for (int i = 0; i < size_y; i++)
            u[i] = vec_load(sum + (i * size_x + j) * SUM_SLOT);
        tc_filter_out(ry, u, g);
        for (int i = 0; i < ry; i++)
            half[i][j] = g[i];
    }
    for (int i = 0; i < ry; i++) {
        tc_filter_out(rx, half[i], g);
        for (int j = 0; j < rx; j++) {
            float *to = dw + filter_tap(s, i, j);
            if (add)
                g[j] = vec_load_lanes(to, lanes) + g[j];
            vec_store_lanes(to, g[j], lanes);
        }
    }
}

/* Ask for the kernels of one row of a block. */
static void block_ask(const tiling *t, int columns, const float *dw)
{
    for (int i = 0; i < t->taps_y; i++)
        for (int j = 0; j < t->taps_x; j++)
            for (int o = 0; o < columns; o += LINE)
                __builtin_prefetch(dw + filter_tap(t->s, i, j) + o, 1);
}

/* The block's part to dw, which points at its first kernel. */
static void block_out(const tiling *t, int rows, int columns, const float *sum,
                      float *dw, bool add)
{
    const conv_shape *s = t->s;
    for (int i = 0; i < rows; i++, sum += PANEL, dw += s->oc)
        for (int o = 0; o < columns; o += VEC) {
            int lanes = columns - o;
            if (lanes >= VEC)
                WITH_TAPS(t, filter_out, s, sum + o, dw + o, VEC, add);
            else
                WITH_TAPS(t, filter_out, s, sum + o, dw + o, lanes, add);
        }
}

#endif
