/*
 * SPDX-License-Identifier: MIT
 *
 * Tiles of a Winograd convolution: where they lie in the images, and the transforms
 * between pixels and slots. Code, included once per instruction set.
 *
 * A convolution with ry x rx taps (3x3; 2x2, for each phase of a 4x4 kernel of stride
 * 2; or 2x3) is cut into feature tiles of 4x4 pixels, tile (i,j) beginning at feature
 * pixel (4i,4j). Under each lies an image tile of (ry + 3) x (rx + 3) pixels, in each
 * of the stride^2 phases of the image. The phases of a pixel count as so many more
 * channels: ic = stride^2 c.
 *
 * Tiles are worked on in groups of up to TILES. Transformed, a group is a matrix
 * [tiles, channels] for each of the (ry + 3)(rx + 3) points: its slots. Where products
 * are of bfloat16, neighbouring channels of a slot, or tiles, are pairs (vec.h).
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
    int taps_y, taps_x;         /* ry, rx */
    int size_y, size_x, points; /* ry + 3, rx + 3, and their product */
    int rows, cols, count;      /* tiles of an image, of the batch */
    int ic;
    bool pairs;          /* products are of bfloat16 */
    int first, n;        /* the group at hand */
    float *zeros, *sink; /* read and written for pixels outside the image */
} tiling;

/* What lies where a float is: one, two channels of a tile, or two tiles' channel. */
typedef enum slot_form { FLOATS, CHANNEL_PAIRS, TILE_PAIRS } slot_form;

typedef struct slots {
    float *v;      /* point p, tile i of the group, channel e: v[p*slot + i*row + e] */
    ptrdiff_t row; /* a multiple of VEC */
    ptrdiff_t slot;
    slot_form form; /* pairs: half as many tiles, or channels */
} slots;

/* Channels [from, from + count) of one side; of one phase on the image side. */
typedef struct part {
    enum { IMAGE, FEATURE } side;
    int phase, from, count;
    bool cold; /* the pixels are not in cache: ask for a tile's during the one before */
} part;

static tiling tiling_of(const conv_shape *s, int n, bool pairs)
{
    tiling t = {.s = s, .taps_y = s->kh / s->stride, .taps_x = s->kw / s->stride};
    t.pairs = pairs;
    t.ic = s->stride * s->stride * s->c;
    t.size_y = t.taps_y + TC_OUT - 1;
    t.size_x = t.taps_x + TC_OUT - 1;
    t.points = t.size_y * t.size_x;
    t.rows = (s->oh + TC_OUT - 1) / TC_OUT;
    t.cols = (s->ow + TC_OUT - 1) / TC_OUT;
    t.count = n * t.rows * t.cols;
    return t;
}

/* Slots for `channels` channels; v comes later. */
static slots slots_of(const tiling *t, int channels, slot_form form)
{
    int tiles = t->count < TILES ? t->count : TILES;
    if (form == CHANNEL_PAIRS)
        channels = (channels + 1) / 2;
    if (form == TILE_PAIRS)
        tiles = (tiles + 1) / 2;
    ptrdiff_t row = round_up(channels, VEC);
    /* a little more, so that the points of a tile do not share a cache set */
    return (slots){.row = row, .slot = tiles * row + 16, .form = form};
}

static size_t slots_size(const tiling *t, slots s)
{
    return (size_t)(t->points * s.slot);
}

/* ---- pixels ------------------------------------------------------------------------
 */

/* The pixels of a tile in row-major order. */
typedef struct window {
    float *pixel[POINTS_MAX];
} window;

/* rows x columns of pixels of an image, `step` apart, from (y, x) on. */
ALWAYS_INLINE void window_fill(window *at, tensor image, int y, int x, int rows,
                               int columns, int step, float *outside)
{
    ptrdiff_t line = (ptrdiff_t)image.w * image.c, column[TC_MAX];
    for (int j = 0; j < columns; j++, x += step)
        column[j] = x >= 0 && x < image.w ? (ptrdiff_t)x * image.c : -1;
    float **pixel = at->pixel;
    for (int i = 0; i < rows; i++, y += step, pixel += columns) {
        bool inside = y >= 0 && y < image.h;
        float *from = image.v + y * line;
        for (int j = 0; j < columns; j++)
            pixel[j] = inside && column[j] >= 0 ? from + column[j] : outside;
    }
}

/* The window of tile i of the group on one side's pixels. */
static void window_of(window *at, const tiling *t, part p, int i, const float *pixels,
                      float *outside)
{
    const conv_shape *s = t->s;
    int in_image = (t->first + i) % (t->rows * t->cols);
    int image = (t->first + i) / (t->rows * t->cols);
    int y = in_image / t->cols * TC_OUT, x = in_image % t->cols * TC_OUT;
    float *v = (float *)pixels + p.from;
    if (p.side == IMAGE) {
        v += (ptrdiff_t)image * s->h * s->w * s->c;
        window_fill(at, (tensor){v, 1, s->h, s->w, s->c},
                    y * s->stride + p.phase / s->stride - 1,
                    x * s->stride + p.phase % s->stride - 1, t->size_y, t->size_x,
                    s->stride, outside);
    } else {
        v += (ptrdiff_t)image * s->oh * s->ow * s->oc;
        window_fill(at, (tensor){v, 1, s->oh, s->ow, s->oc}, y, x, TC_OUT, TC_OUT, 1,
                    outside);
    }
}

/* ---- transforms in two dimensions, one vector of channels at a time ----------------
 * ry, rx and image (which side) are constants where these are inlined.
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

/* Ask for channels from e on of a window. */
ALWAYS_INLINE void window_ask(const window *at, int pixels, int e)
{
    UNROLLED for (int i = 0; i < pixels; i++) __builtin_prefetch(at->pixel[i] + e);
}

/* Where a tile's transform goes: to point p at v + p * slot. */
typedef struct slot_place {
    float *v;
    ptrdiff_t slot;
    slot_form form;
    bool second; /* of a pair of tiles */
} slot_place;

/* Channels from e on at a point. */
ALWAYS_INLINE void place_store(slot_place to, int point, int e, vec v)
{
    float *p = to.v + point * to.slot;
    if (to.form == FLOATS)
        vec_store(p + e, v);
    else if (to.form == CHANNEL_PAIRS)
        vec_store_rounded(p + e / 2, v);
    else if (to.second)
        vec_store(p + e, vec_with_high(vec_load(p + e), v));
    else
        vec_store(p + e, vec_pair(v, vec_splat(0)));
}

/* Rows [row, row + rows) of the points, for channels [e, e + lanes) of a window. */
ALWAYS_INLINE void point_rows_in(int ry, int rx, bool image, int row, int rows,
                                 const window *at, int e, int lanes, slot_place to)
{
    const int from_y = image ? ry + 3 : TC_OUT, from_x = image ? rx + 3 : TC_OUT;
    const int size_x = rx + 3;
    vec half[TC_MAX][TC_MAX], d[TC_MAX], v[TC_MAX];
    UNROLLED for (int j = 0; j < from_x; j++)
    {
        UNROLLED for (int i = 0; i < from_y; i++) d[i] =
            vec_load_lanes(at->pixel[i * from_x + j] + e, lanes);
        tc_in(ry, image, d, v);
        UNROLLED for (int i = 0; i < rows; i++) half[i][j] = v[row + i];
    }
    UNROLLED for (int i = 0; i < rows; i++)
    {
        tc_in(rx, image, half[i], v);
        UNROLLED for (int j = 0; j < size_x; j++)
            place_store(to, (row + i) * size_x + j, e, v[j]);
    }
}

ALWAYS_INLINE void vector_in(int ry, int rx, bool image, const window *at, int e,
                             int lanes, slot_place to)
{
    if (image && rx == 3) {
        point_rows_in(ry, rx, image, 0, 3, at, e, lanes, to);
        point_rows_in(ry, rx, image, 3, ry, at, e, lanes, to);
    } else {
        point_rows_in(ry, rx, image, 0, ry + 3, at, e, lanes, to);
    }
}

/* The slots to channels [e, e + lanes) of a window. */
ALWAYS_INLINE void vector_out(int ry, int rx, bool image, const float *from,
                              ptrdiff_t slot, conv_out out, const window *at, int e,
                              int lanes)
{
    const int side_y = image ? ry + 3 : TC_OUT, side_x = image ? rx + 3 : TC_OUT;
    const int size_y = ry + 3, size_x = rx + 3;
    vec half[TC_MAX][TC_MAX], d[TC_MAX], v[TC_MAX];
    UNROLLED for (int j = 0; j < size_x; j++)
    {
        UNROLLED for (int i = 0; i < size_y; i++) v[i] =
            vec_load(from + (i * size_x + j) * slot + e);
        tc_out(ry, image, v, d);
        UNROLLED for (int i = 0; i < side_y; i++) half[i][j] = d[i];
    }
    vec bias = vec_splat(0);
    if (out.bias)
        bias = vec_load_lanes(out.bias + e, lanes);
    UNROLLED for (int i = 0; i < side_y; i++)
    {
        tc_out(rx, image, half[i], d);
        UNROLLED for (int j = 0; j < side_x; j++)
        {
            float *p = at->pixel[i * side_x + j] + e;
            vec result = d[j];
            if (out.bias)
                result = result + bias;
            if (out.accumulate)
                result = result + vec_load_lanes(p, lanes);
            vec_store_lanes(p, result, lanes);
        }
    }
}

/* next: the window to ask for meanwhile, or NULL */
ALWAYS_INLINE void channels_in(int ry, int rx, bool image, const window *at,
                               const window *next, int c, slot_place to)
{
    int e = 0;
    for (; e + VEC <= c; e += VEC) {
        if (next)
            window_ask(next, image ? (ry + 3) * (rx + 3) : TC_OUT * TC_OUT, e);
        vector_in(ry, rx, image, at, e, VEC, to);
    }
    if (e < c)
        vector_in(ry, rx, image, at, e, c - e, to);
}

ALWAYS_INLINE void channels_out(int ry, int rx, bool image, const float *from,
                                ptrdiff_t slot, conv_out out, const window *at, int c)
{
    int e = 0;
    for (; e + VEC <= c; e += VEC)
        vector_out(ry, rx, image, from, slot, out, at, e, VEC);
    if (e < c)
        vector_out(ry, rx, image, from, slot, out, at, e, c - e);
}

/* ---- the tiles of a group ----------------------------------------------------------
 */

/* Call f with the taps of a tiling as constants before its other arguments. */
#define WITH_TAPS(t, f, ...)                                                           \
    do {                                                                               \
        if ((t)->taps_y == 3)                                                          \
            f(3, 3, __VA_ARGS__);                                                      \
        else if ((t)->taps_x == 3)                                                     \
            f(2, 3, __VA_ARGS__);                                                      \
        else                                                                           \
            f(2, 2, __VA_ARGS__);                                                      \
    } while (0)

/* Pixels to slots. May write up to VEC - 1 more channels than the part has. */
static void tiles_in(const tiling *t, part p, const float *pixels, slots to)
{
    window now, next, *ask = p.cold ? &next : NULL;
    slot_place place = {to.v, to.slot, to.form, false};
    window_of(&next, t, p, 0, pixels, t->zeros);
    for (int i = 0; i < t->n; i++) {
        now = next;
        if (i + 1 < t->n)
            window_of(&next, t, p, i + 1, pixels, t->zeros);
        place.second = to.form == TILE_PAIRS && i % 2 == 1;
        if (p.side == IMAGE)
            WITH_TAPS(t, channels_in, true, &now, ask, p.count, place);
        else
            WITH_TAPS(t, channels_in, false, &now, ask, p.count, place);
        if (to.form != TILE_PAIRS || place.second)
            place.v += to.row;
    }
}

/* Slots to pixels. Image tiles overlap, so out must say accumulate there. */
static void tiles_out(const tiling *t, part p, slots from, conv_out out, float *pixels)
{
    window at;
    if (out.bias)
        out.bias += p.from;
    for (int i = 0; i < t->n; i++, from.v += from.row) {
        window_of(&at, t, p, i, pixels, t->sink);
        if (p.side == IMAGE)
            WITH_TAPS(t, channels_out, true, from.v, from.slot, out, &at, p.count);
        else
            WITH_TAPS(t, channels_out, false, from.v, from.slot, out, &at, p.count);
    }
}

#endif
