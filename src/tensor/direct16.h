/*
 * SPDX-License-Identifier: MIT
 *
 * Direct convolution in bfloat16, wherever the run under a row of the kernel is whole
 * pairs, as 4 x 3 channels are: both sides are rounded to pairs (vec.h) and multiplied,
 * sums are in floats. Code, included once per instruction set.
 *
 * Forward, pairs are of neighbours in such a run; for the gradient of the image, of
 * channels; for that of the weights, which is a sum over pixels, of output pixels side
 * by side.
 *
 * Packed weights: panels as in direct.h, two rows in the place of one.
 */
#ifndef VQ_TENSOR_DIRECT16_H
#define VQ_TENSOR_DIRECT16_H

#include "tensor/direct.h"

static bool direct16_fits(const conv_shape *s)
{
    return s->oc % 2 == 0 && s->kw * s->c % 2 == 0 && s->stride * s->c % 2 == 0;
}

static size_t direct16_packed_size(const conv_shape *s, conv_map map)
{
    return map == CONV_APPLY ? panels_size(direct_row(s) / 2, s->oc)
                             : panels_size(s->oc / 2, direct_row(s));
}

/* Panels of w[k,n], whose row i and column j is at w[i * row + j * column]. */
static void pack_pairs(const float *w, int k, int n, ptrdiff_t row, ptrdiff_t column,
                       float *packed)
{
    for (int j = 0; j < n; j += VEC)
        for (int i = 0; i < k; i += 2) {
            float first[VEC] = {0}, second[VEC] = {0};
            for (int l = 0; l < VEC && j + l < n; l++) {
                first[l] = w[i * row + (j + l) * column];
                second[l] = w[(i + 1) * row + (j + l) * column];
            }
            vec_store(packed + panel_at(k / 2, i / 2, j),
                      vec_pair(vec_load(first), vec_load(second)));
        }
}

static void direct16_pack(const conv_shape *s, conv_map map, const float *weight,
                          float *packed)
{
    if (map == CONV_APPLY)
        pack_pairs(weight, direct_row(s), s->oc, s->oc, 1, packed);
    else
        pack_pairs(weight, s->oc, direct_row(s), 1, s->oc, packed);
}

/* ---- rounding ----------------------------------------------------------------------
 */

/* n values in a row: pairs of neighbours. */
static void round_row(const float *x, size_t n, float *to)
{
    size_t i = 0;
    for (; i + VEC <= n; i += VEC)
        vec_store_rounded(to + i / 2, vec_load(x + i));
    for (; i < n; i += 2)
        vec_store_part(to + i / 2, vec_pair(vec_splat(x[i]), vec_splat(x[i + 1])), 1);
}

/* to[i] = (x[i], y[i]) */
static void round_pairs(const float *x, const float *y, size_t n, float *to)
{
    size_t i = 0;
    for (; i + VEC <= n; i += VEC)
        vec_store(to + i, vec_pair(vec_load(x + i), vec_load(y + i)));
    if (i < n) {
        const int left = (int)(n - i);
        vec_store_part(to + i,
                       vec_pair(vec_load_part(x + i, left), vec_load_part(y + i, left)),
                       left);
    }
}

/* x[pixels,c]: pairs of pixels, to[(pixels + 1) / 2, c]; an odd one's other is zero. */
static void round_pixels(const float *x, int pixels, int c, float *to)
{
    for (int i = 0; i + 1 < pixels; i += 2, x += 2 * c, to += c)
        round_pairs(x, x + c, (size_t)c, to);
    for (int e = 0; pixels % 2 == 1 && e < c; e++)
        vec_store_part(to + e, vec_pair(vec_splat(x[e]), vec_splat(0)), 1);
}

/* Pairs of a line of the padded image; an odd last value's other is zero. */
static ptrdiff_t line_pairs(const conv_shape *s)
{
    return ((ptrdiff_t)padded_width(s) * s->c + 1) / 2;
}

/* The padded image in pairs of neighbours, and behind it room for a line. */
static void pad_pairs(const conv_shape *s, const float *x, float *pairs)
{
    const ptrdiff_t line = line_pairs(s), width = (ptrdiff_t)s->w * s->c;
    const ptrdiff_t all = padded_lines(s) * line;
    float *padded = pairs + all;
    memset(pairs, 0, (size_t)(all + 2 * line) * sizeof *pairs);
    for (int i = 0; i < s->h; i++, x += width) {
        memcpy(padded + s->pad_x * s->c, x, (size_t)width * sizeof *x);
        round_row(padded, 2 * (size_t)line, pairs + (i + s->pad_y) * line);
    }
}

/* ---- maps --------------------------------------------------------------------------
 */

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* All pixels' both sides; or a line's or an image's: see the maps. */
static size_t direct16_scratch_size(const conv_shape *s, int n)
{
    const size_t pixels = (size_t)n * (size_t)(s->h * s->w) + 1;
    if (pointwise(s))
        return pixels * (size_t)(s->c + s->oc) / 2;
    const size_t line = (size_t)s->ow * (size_t)(direct_row(s) + s->oc);
    const size_t pairs = (size_t)s->oh * (size_t)((s->ow + 1) / 2) * (size_t)s->oc;
    const size_t next = (size_t)s->stride * (size_t)s->c;
    return padded_size(s) + larger(line, next + padded_size(s) + pairs);
}

/* A product of floats over k numbers in a row, of pairs of them. */
static product in_pairs(product g, const float *rounded, conv_out out)
{
    g.kind = PAIRS;
    g.k /= 2;
    g.a = rounded;
    g.a_row /= 2;
    g.a_segment /= 2;
    g.b_panel /= 2;
    g.b_segment /= 2;
    g.bias = out.bias;
    g.accumulate = out.accumulate;
    return g;
}

static void direct16_apply(const conv_shape *s, int n, const float *x,
                           const float *packed, float *y, conv_out out, float *scratch)
{
    if (pointwise(s)) {
        round_row(x, (size_t)n * (size_t)(s->h * s->w * s->c), scratch);
        product g = in_pairs(pointwise_apply(s, n, x, packed, y), scratch, out);
        product_run(&g);
        return;
    }
    const ptrdiff_t line = line_pairs(s);
    for (int image = 0; image < n; image++) {
        pad_pairs(s, x + (size_t)image * (size_t)(s->h * s->w * s->c), scratch);
        for (int i = 0; i < s->oh; i++) {
            product g = in_pairs(line_apply(s, i, scratch, packed, y),
                                 scratch + i * s->stride * line, out);
            g.a_segment = line;
            product_run(&g);
        }
        y += (ptrdiff_t)s->oh * s->ow * s->oc;
    }
}

static void direct16_adjoint(const conv_shape *s, int n, const float *y,
                             const float *packed, float *x, conv_out out,
                             float *scratch)
{
    if (pointwise(s)) {
        const int pixels = n * s->h * s->w;
        round_row(y, (size_t)pixels * (size_t)s->oc, scratch);
        product g = in_pairs(rows_adjoint(s, pixels, y, packed, x), scratch, out);
        product_run(&g);
        return;
    }
    float *padded = scratch, *rows = padded + padded_size(s);
    float *rounded = rows + (ptrdiff_t)s->ow * direct_row(s);
    conv_begin(x, (size_t)n * (size_t)(s->h * s->w), s->c, out);
    for (int image = 0; image < n; image++) {
        memset(padded, 0, padded_size(s) * sizeof *padded);
        for (int i = 0; i < s->oh; i++, y += (ptrdiff_t)s->ow * s->oc) {
            round_row(y, (size_t)s->ow * (size_t)s->oc, rounded);
            product g = in_pairs(rows_adjoint(s, s->ow, y, packed, rows), rounded,
                                 (conv_out){0});
            product_run(&g);
            scatter_line(s, i, rows, padded);
        }
        unpad_image(s, padded, x + (size_t)image * (size_t)(s->h * s->w * s->c));
    }
}

/* A product of floats over pixels, of pairs of them. */
static product in_pixel_pairs(product g, const float *a, const float *b, bool add)
{
    g.kind = PAIRS;
    g.k = (g.k + 1) / 2;
    g.a = a;
    g.b = b;
    g.accumulate = add;
    return g;
}

static void pointwise16_grad(const conv_shape *s, int n, const float *x, const float *y,
                             float *dw, bool add, float *scratch)
{
    const int pixels = n * s->h * s->w;
    float *b = scratch + (ptrdiff_t)((pixels + 1) / 2) * s->c;
    round_pixels(x, pixels, s->c, scratch);
    round_pixels(y, pixels, s->oc, b);
    product g = in_pixel_pairs(pointwise_grad(s, n, x, y, dw), scratch, b, add);
    product_run(&g);
}

static void direct16_grad(const conv_shape *s, int n, const float *x, const float *y,
                          float *dw, bool add, float *scratch)
{
    if (pointwise(s)) {
        pointwise16_grad(s, n, x, y, dw, add, scratch);
        return;
    }
    /* every pixel of the padded image beside the one under the next output */
    const size_t all = padded_size(s), next = (size_t)s->stride * (size_t)s->c;
    const ptrdiff_t line = (ptrdiff_t)padded_width(s) * s->c;
    const ptrdiff_t width = (ptrdiff_t)((s->ow + 1) / 2) * s->oc;
    float *padded = scratch, *pairs = padded + all + next, *rounded = pairs + all;
    memset(padded + all, 0, next * sizeof *padded);
    for (int image = 0; image < n; image++) {
        pad_image(s, x + (size_t)image * (size_t)(s->h * s->w * s->c), padded);
        round_pairs(padded, padded + next, all, pairs);
        for (int i = 0; i < s->oh; i++, y += (ptrdiff_t)s->ow * s->oc)
            round_pixels(y, s->ow, s->oc, rounded + i * width);
        for (int a = 0; a < s->kh; a++) {
            product g = in_pixel_pairs(line_grad(s, a, padded, y, dw), pairs + a * line,
                                       rounded, add || image > 0);
            g.a_col *= 2;
            g.b_segment = width;
            product_run(&g);
        }
    }
}

#endif
