/*
 * SPDX-License-Identifier: MIT
 *
 * Tiles of a Winograd convolution: where they lie in the images, and the transforms
 * between pixels and slots. Code, included once per instruction set.
 *
 * A convolution with r taps per side (3; or 2, for each phase of a 4x4 kernel of stride
 * 2) is cut into feature tiles of 4x4 pixels, tile (i,j) beginning at feature pixel
 * (4i,4j). Under each lies an image tile of size x size pixels, size = r + 3, in each
 * of the stride^2 phases of the image. The phases of a pixel count as so many more
 * channels: ic = stride^2 c.
 *
 * Tiles are worked on in groups of up to TILES. A group lives in slots, one for each of
 * the size^2 points of the transform: a matrix [tiles, channels] each.
 */
#ifndef VQ_TENSOR_TILES_H
#define VQ_TENSOR_TILES_H

#include "tensor/conv.h"
#include "tensor/tensor.h"
#include "tensor/toomcook.h"

#define TILES 32
#define POINTS_MAX (TC_MAX * TC_MAX)

typedef struct tiling {
    const conv_shape *s;
    int taps, size, points; /* r; r + 3; size^2 */
    int rows, cols, count;  /* tiles of an image, of the batch */
    int ic;
    ptrdiff_t image_row, feature_row; /* floats from tile to tile in a slot */
    ptrdiff_t slot;                   /* floats from slot to slot */
} tiling;

static tiling tiling_of(const conv_shape *s, int n)
{
    int phases = s->stride * s->stride;
    tiling t = {.s = s, .taps = s->kh / s->stride, .ic = phases * s->c};
    t.size = t.taps + TC_OUT - 1;
    t.points = t.size * t.size;
    t.rows = (s->oh + TC_OUT - 1) / TC_OUT;
    t.cols = (s->ow + TC_OUT - 1) / TC_OUT;
    t.count = n * t.rows * t.cols;
    /* transforms store whole vectors, also for the last channels of the last phase */
    t.image_row = round_up(t.ic - s->c + round_up(s->c, VEC), VEC);
    t.feature_row = round_up(s->oc, VEC);
    ptrdiff_t row = t.image_row > t.feature_row ? t.image_row : t.feature_row;
    /* one vector more, so that the points of a tile do not share a cache set */
    t.slot = (t.count < TILES ? t.count : TILES) * row + 16;
    return t;
}

/* The pixels of a tile in row-major order; those outside the image are `outside`. */
typedef struct window {
    float *pixel[POINTS_MAX];
} window;

/* Place a window of side pixels, `step` apart, at (y, x) of image [h,w,c]. */
static void window_place(window *at, tensor image, int y, int x, int side, int step,
                         float *outside)
{
    for (int i = 0; i < side; i++)
        for (int j = 0; j < side; j++) {
            int p = y + i * step, q = x + j * step;
            bool inside = p >= 0 && p < image.h && q >= 0 && q < image.w;
            at->pixel[i * side + j] =
                inside ? image.v + ((ptrdiff_t)p * image.w + q) * image.c : outside;
        }
}

static void window_image(window *at, const tiling *t, int tile, int phase,
                         const float *x, float *outside)
{
    const conv_shape *s = t->s;
    int in_image = tile % (t->rows * t->cols), step = s->stride;
    size_t image = (size_t)(tile / (t->rows * t->cols));
    tensor view = {(float *)x + image * (size_t)(s->h * s->w * s->c), 1, s->h, s->w,
                   s->c};
    window_place(at, view, in_image / t->cols * TC_OUT * step + phase / step - 1,
                 in_image % t->cols * TC_OUT * step + phase % step - 1, t->size, step,
                 outside);
}

static void window_feature(window *at, const tiling *t, int tile, const float *y,
                           float *outside)
{
    const conv_shape *s = t->s;
    int in_image = tile % (t->rows * t->cols);
    size_t image = (size_t)(tile / (t->rows * t->cols));
    tensor view = {(float *)y + image * (size_t)(s->oh * s->ow * s->oc), 1, s->oh,
                   s->ow, s->oc};
    window_place(at, view, in_image / t->cols * TC_OUT, in_image % t->cols * TC_OUT,
                 TC_OUT, 1, outside);
}

/* ---- transforms in two dimensions, one vector of channels at a time ----------------
 * r and image (which side) are constants where these are inlined.
 */

ALWAYS_INLINE void tc_in(int r, bool image, const vec *d, vec *v)
{
    if (image)
        tc_image_in(r, d, v);
    else
        tc_feature_in(r, d, v);
}

ALWAYS_INLINE void tc_out(int r, bool image, const vec *v, vec *d)
{
    if (image)
        tc_image_out(r, v, d);
    else
        tc_feature_out(r, v, d);
}

/* Channels [e, e + lanes) of a window to the slots. */
ALWAYS_INLINE void vector_in(int r, bool image, const window *at, int e, int lanes,
                             float *to, ptrdiff_t slot)
{
    const int from = image ? r + 3 : TC_OUT, size = r + 3;
    vec half[TC_MAX][TC_MAX], d[TC_MAX], v[TC_MAX];
    for (int j = 0; j < from; j++) {
        for (int i = 0; i < from; i++) {
            const float *p = at->pixel[i * from + j] + e;
            d[i] = vec_load_lanes(p, lanes);
        }
        tc_in(r, image, d, v);
        for (int i = 0; i < size; i++)
            half[i][j] = v[i];
    }
    for (int i = 0; i < size; i++) {
        tc_in(r, image, half[i], v);
        for (int j = 0; j < size; j++)
            vec_store(to + (i * size + j) * slot + e, v[j]);
    }
}

/* The slots to channels [e, e + lanes) of a window. */
ALWAYS_INLINE void vector_out(int r, bool image, const float *from, ptrdiff_t slot,
                              conv_out out, const window *at, int e, int lanes)
{
    const int side = image ? r + 3 : TC_OUT, size = r + 3;
    vec half[TC_MAX][TC_MAX], d[TC_MAX], v[TC_MAX];
    for (int j = 0; j < size; j++) {
        for (int i = 0; i < size; i++)
            v[i] = vec_load(from + (i * size + j) * slot + e);
        tc_out(r, image, v, d);
        for (int i = 0; i < side; i++)
            half[i][j] = d[i];
    }
    vec bias = vec_splat(0);
    if (out.bias)
        bias = vec_load_lanes(out.bias + e, lanes);
    for (int i = 0; i < side; i++) {
        tc_out(r, image, half[i], d);
        for (int j = 0; j < side; j++) {
            float *p = at->pixel[i * side + j] + e;
            vec result = d[j];
            if (out.bias)
                result = result + bias;
            if (out.accumulate)
                result = result + vec_load_lanes(p, lanes);
            vec_store_lanes(p, result, lanes);
        }
    }
}

ALWAYS_INLINE void channels_in(int r, bool image, const window *at, int c, float *to,
                               ptrdiff_t slot)
{
    int e = 0;
    for (; e + VEC <= c; e += VEC)
        vector_in(r, image, at, e, VEC, to, slot);
    if (e < c)
        vector_in(r, image, at, e, c - e, to, slot);
}

ALWAYS_INLINE void channels_out(int r, bool image, const float *from, ptrdiff_t slot,
                                conv_out out, const window *at, int c)
{
    int e = 0;
    for (; e + VEC <= c; e += VEC)
        vector_out(r, image, from, slot, out, at, e, VEC);
    if (e < c)
        vector_out(r, image, from, slot, out, at, e, c - e);
}

/* ---- a group of n tiles from `first` on ---------------------------------------------
 */

static void image_in(const tiling *t, int first, int n, const float *x, float *zeros,
                     float *slots)
{
    window at;
    for (int i = 0; i < n; i++)
        for (int phase = 0; phase < t->s->stride * t->s->stride; phase++) {
            float *to = slots + i * t->image_row + phase * t->s->c;
            window_image(&at, t, first + i, phase, x, zeros);
            if (t->taps == 3)
                channels_in(3, true, &at, t->s->c, to, t->slot);
            else
                channels_in(2, true, &at, t->s->c, to, t->slot);
        }
}

/* Adds to x: image tiles overlap. */
static void image_out(const tiling *t, int first, int n, const float *slots, float *x,
                      float *sink)
{
    const conv_out add = {.accumulate = true};
    window at;
    for (int i = 0; i < n; i++)
        for (int phase = 0; phase < t->s->stride * t->s->stride; phase++) {
            const float *from = slots + i * t->image_row + phase * t->s->c;
            window_image(&at, t, first + i, phase, x, sink);
            if (t->taps == 3)
                channels_out(3, true, from, t->slot, add, &at, t->s->c);
            else
                channels_out(2, true, from, t->slot, add, &at, t->s->c);
        }
}

static void feature_in(const tiling *t, int first, int n, const float *y, float *zeros,
                       float *slots)
{
    window at;
    for (int i = 0; i < n; i++) {
        window_feature(&at, t, first + i, y, zeros);
        if (t->taps == 3)
            channels_in(3, false, &at, t->s->oc, slots + i * t->feature_row, t->slot);
        else
            channels_in(2, false, &at, t->s->oc, slots + i * t->feature_row, t->slot);
    }
}

static void feature_out(const tiling *t, int first, int n, const float *slots,
                        conv_out out, float *y, float *sink)
{
    window at;
    for (int i = 0; i < n; i++) {
        const float *from = slots + i * t->feature_row;
        window_feature(&at, t, first + i, y, sink);
        if (t->taps == 3)
            channels_out(3, false, from, t->slot, out, &at, t->s->oc);
        else
            channels_out(2, false, from, t->slot, out, &at, t->s->oc);
    }
}

#endif
