/*
 * SPDX-License-Identifier: MIT
 *
 * Winograd convolution for the geometries of the model. Code, included once per
 * instruction set.
 *
 *   3x3 stride 1 pad 1   F(4x4,3x3): 36 multiplications for 16 outputs, not 144
 *   2x3 stride 1 pad 1   F(4x4,2x3): 30, not 96, of a mask's rows above (op_conv.c)
 *   4x4 stride 2 pad 1   taps of equal parity are four 2x2 kernels on the four phases
 *                        of the image, F(4x4,2x2) each: 100, not 256
 *
 * In bfloat16, transformed tiles and kernels are rounded before they are multiplied,
 * and sums are in floats.
 *
 * A group of tiles is transformed, then multiplied and transformed back one panel of
 * PANEL output channels at a time, so that what is worked on stays in L2 while the
 * weights stream by: a panel's weights for all points lie in a row.
 */
#ifndef VQ_TENSOR_WINOGRAD_H
#define VQ_TENSOR_WINOGRAD_H

#include "tensor/winograd_weights.h"

static bool winograd_fits(const conv_shape *s)
{
    if (s->pad_y != 1 || s->pad_x != 1 || s->c < 8)
        return false; /* direct is faster for very few channels */
    if (s->kw == 3 && s->stride == 1)
        return s->kh == 3 || s->kh == 2;
    return s->kh == 4 && s->kw == 4 && s->stride == 2;
}

/* ---- scratch: zeros, sink, one side's slots, a panel's slots, a block's sums --------
 */

static size_t spare_size(const conv_shape *s)
{
    return (size_t)round_up(s->c > s->oc ? s->c : s->oc, 16);
}

/* Transforms store whole vectors, also for the last channels of the last phase. */
static int image_channels(const conv_shape *s)
{
    return (s->stride * s->stride - 1) * s->c + round_up(s->c, VEC);
}

/* Of floats; pairs take less. */
static size_t tiles_scratch_size(const conv_shape *s, int n)
{
    tiling t = tiling_of(s, n, false);
    int channels = image_channels(s) > s->oc ? image_channels(s) : s->oc;
    return 2 * spare_size(s) + slots_size(&t, slots_of(&t, channels, FLOATS)) +
           slots_size(&t, slots_of(&t, PANEL, FLOATS)) + (size_t)(t.points * SUM_SLOT);
}

typedef struct workspace {
    slots whole, panel;
    float *sum;
} workspace;

/* Lay out scratch, the whole side having this many channels. */
static workspace workspace_of(tiling *t, int channels, slot_form whole, slot_form panel,
                              float *scratch)
{
    workspace w = {.whole = slots_of(t, channels, whole),
                   .panel = slots_of(t, PANEL, panel)};
    size_t spare = spare_size(t->s);
    memset(scratch, 0, spare * sizeof *scratch);
    t->zeros = scratch;
    t->sink = t->zeros + spare;
    memset(t->sink, 0, spare * sizeof *scratch);
    w.whole.v = t->sink + spare;
    w.panel.v = w.whole.v + slots_size(t, w.whole);
    w.sum = w.panel.v + slots_size(t, w.panel);
    return w;
}

/* The next group of tiles; false past the last one. Starts from n = 0. */
static bool next_group(tiling *t)
{
    t->first += t->n;
    t->n = t->count - t->first < TILES ? t->count - t->first : TILES;
    return t->n > 0;
}

/* ---- maps --------------------------------------------------------------------------
 */

/* Of all points: out[tiles, n] = in[tiles, k] . weights[k, n], n <= PANEL. */
static void points_product(const tiling *t, slots in, int k, const float *weights,
                           slots out, int n)
{
    const int rows = filter_rows(t, k);
    for (int p = 0; p < t->points; p++) {
        product g = {.kind = t->pairs ? PAIRS : PLAIN,
                     .m = t->n,
                     .n = round_up(n, VEC),
                     .k = rows,
                     .segments = 1,
                     .a = in.v + p * in.slot,
                     .a_row = in.row,
                     .a_col = 1,
                     .b = weights + p * filter_slot(rows),
                     .b_row = NR,
                     .b_panel = (ptrdiff_t)rows * NR,
                     .b_ahead = filter_slot(rows),
                     .c = out.v + p * out.slot,
                     .c_row = out.row};
        product_run(&g);
    }
}

static void tiles_apply(bool pairs, const conv_shape *s, int n, const float *x,
                        const float *packed, float *y, conv_out out, float *scratch)
{
    tiling t = tiling_of(s, n, pairs);
    workspace w = workspace_of(&t, image_channels(s), pairs ? CHANNEL_PAIRS : FLOATS,
                               FLOATS, scratch);
    while (next_group(&t)) {
        slots phase = w.whole;
        for (int i = 0; i < s->stride * s->stride;
             i++, phase.v += filter_rows(&t, s->c))
            tiles_in(&t, (part){IMAGE, i, 0, s->c, false}, x, phase);
        const float *weights = packed;
        for (int o = 0; o < s->oc; o += PANEL) {
            part p = {FEATURE, 0, o, panel_width(s->oc, o), false};
            points_product(&t, w.whole, t.ic, weights, w.panel, p.count);
            tiles_out(&t, p, w.panel, out, y);
            weights += t.points * filter_slot(filter_rows(&t, t.ic));
        }
    }
}

static void tiles_adjoint(bool pairs, const conv_shape *s, int n, const float *y,
                          const float *packed, float *x, conv_out out, float *scratch)
{
    tiling t = tiling_of(s, n, pairs);
    workspace w =
        workspace_of(&t, s->oc, pairs ? CHANNEL_PAIRS : FLOATS, FLOATS, scratch);
    conv_begin(x, (size_t)n * (size_t)(s->h * s->w), s->c, out);
    out = (conv_out){.accumulate = true};
    while (next_group(&t)) {
        tiles_in(&t, (part){FEATURE, 0, 0, s->oc, false}, y, w.whole);
        const float *weights = packed;
        for (int phase = 0; phase < s->stride * s->stride; phase++)
            for (int c = 0; c < s->c; c += PANEL) {
                part p = {IMAGE, phase, c, panel_width(s->c, c), false};
                points_product(&t, w.whole, s->oc, weights, w.panel, p.count);
                tiles_out(&t, p, w.panel, out, x);
                weights += t.points * filter_slot(filter_rows(&t, s->oc));
            }
    }
}

/* Of all points: sum[rows, columns] = image[tiles, rows]' . feature[tiles, columns].
 * Meanwhile asks for the block of dw that the sums will be added to. */
static void points_grad(const tiling *t, slots image, int rows, slots feature,
                        int columns, float *sum, const float *dw)
{
    int asked = 0;
    for (int p = 0; p < t->points; p++) {
        for (; asked < rows * (p + 1) / t->points; asked++)
            block_ask(t, columns, dw + (ptrdiff_t)asked * t->s->oc);
        product g = {.kind = t->pairs ? PAIRS : PLAIN,
                     .m = rows,
                     .n = round_up(columns, VEC),
                     .k = t->pairs ? (t->n + 1) / 2 : t->n,
                     .segments = 1,
                     .a = image.v + p * image.slot,
                     .a_row = 1,
                     .a_col = image.row,
                     .b = feature.v + p * feature.slot,
                     .b_row = feature.row,
                     .b_panel = NR,
                     .c = sum + p * SUM_SLOT,
                     .c_row = PANEL};
        product_run(&g);
    }
}

/* A block of kernels at all points is inverted while it is in cache: the gradient at
 * the points is never written as a whole. */
static void tiles_grad(bool pairs, const conv_shape *s, int n, const float *x,
                       const float *y, float *dw, bool add, float *scratch)
{
    const slot_form form = pairs ? TILE_PAIRS : FLOATS;
    tiling t = tiling_of(s, n, pairs);
    workspace w = workspace_of(&t, s->oc, form, form, scratch);
    while (next_group(&t)) {
        tiles_in(&t, (part){FEATURE, 0, 0, s->oc, true}, y, w.whole);
        for (int phase = 0; phase < s->stride * s->stride; phase++)
            for (int c = 0; c < s->c; c += PANEL) {
                part p = {IMAGE, phase, c, panel_width(s->c, c), true};
                tiles_in(&t, p, x, w.panel);
                for (int o = 0; o < s->oc; o += PANEL) {
                    slots feature = w.whole;
                    int columns = panel_width(s->oc, o);
                    feature.v += o;
                    float *to = (float *)filter_at(s, dw, phase, c, o);
                    points_grad(&t, w.panel, p.count, feature, columns, w.sum, to);
                    block_out(&t, p.count, columns, w.sum, to, add || t.first > 0);
                }
            }
    }
}

/* ---- the kernels -------------------------------------------------------------------
 */

#define WINOGRAD_KERNEL(kind, pairs)                                                   \
    static size_t kind##_packed_size(const conv_shape *s, conv_map map)                \
    {                                                                                  \
        return filters_size(s, map, pairs);                                            \
    }                                                                                  \
    static void kind##_pack(const conv_shape *s, conv_map map, const float *weight,    \
                            float *packed)                                             \
    {                                                                                  \
        filters_pack(s, map, pairs, weight, packed);                                   \
    }                                                                                  \
    static size_t kind##_scratch_size(const conv_shape *s, int n)                      \
    {                                                                                  \
        return tiles_scratch_size(s, n);                                               \
    }                                                                                  \
    static void kind##_apply(const conv_shape *s, int n, const float *x,               \
                             const float *packed, float *y, conv_out out,              \
                             float *scratch)                                           \
    {                                                                                  \
        tiles_apply(pairs, s, n, x, packed, y, out, scratch);                          \
    }                                                                                  \
    static void kind##_adjoint(const conv_shape *s, int n, const float *y,             \
                               const float *packed, float *x, conv_out out,            \
                               float *scratch)                                         \
    {                                                                                  \
        tiles_adjoint(pairs, s, n, y, packed, x, out, scratch);                        \
    }                                                                                  \
    static void kind##_grad(const conv_shape *s, int n, const float *x,                \
                            const float *y, float *dw, bool add, float *scratch)       \
    {                                                                                  \
        tiles_grad(pairs, s, n, x, y, dw, add, scratch);                               \
    }

WINOGRAD_KERNEL(winograd, false)
WINOGRAD_KERNEL(winograd16, true)

static bool winograd16_fits(const conv_shape *s)
{
    return winograd_fits(s) && s->c % 2 == 0 && s->oc % 2 == 0;
}

#endif
