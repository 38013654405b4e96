/*
 * SPDX-License-Identifier: MIT
 *
 * Direct convolution for any geometry. Code, included once per instruction set.
 *
 * With channels last, the pixels under one row of the kernel are a run of kw * c floats
 * of the padded image, and the next output pixel's run begins stride * c further. So a
 * line of output is a product whose a is the padded image itself: no im2row. A 1x1
 * convolution needs no padding either and is one product over all pixels.
 *
 * Packed weights: panels of [kh*kw*c, oc] for apply, of its transpose for adjoint.
 */
#ifndef VQ_TENSOR_DIRECT_H
#define VQ_TENSOR_DIRECT_H

#include "tensor/conv.h"
#include "tensor/product.h"

static bool direct_fits(const conv_shape *s)
{
    (void)s;
    return true;
}

static bool pointwise(const conv_shape *s)
{
    return s->kh == 1 && s->kw == 1 && s->stride == 1 && s->pad_y == 0 && s->pad_x == 0;
}

static int direct_row(const conv_shape *s)
{
    return s->kh * s->kw * s->c;
}

static size_t direct_packed_size(const conv_shape *s, conv_map map)
{
    return map == CONV_APPLY ? panels_size(direct_row(s), s->oc)
                             : panels_size(s->oc, direct_row(s));
}

/* Panels of w[k,n]. */
static void pack_panels(const float *w, int k, int n, float *packed)
{
    for (int j = 0; j < n; j += VEC) {
        int lanes = n - j < VEC ? n - j : VEC;
        for (int i = 0; i < k; i++)
            vec_store(packed + panel_at(k, i, j),
                      vec_load_lanes(w + (ptrdiff_t)i * n + j, lanes));
    }
}

/* Panels of the transpose of w[n,k]. */
static void pack_panels_transposed(const float *w, int k, int n, float *packed)
{
    vec v[VEC];
    for (int j = 0; j < n; j += VEC)
        for (int i = 0; i < k; i += VEC) {
            int rows = n - j < VEC ? n - j : VEC, lanes = k - i < VEC ? k - i : VEC;
            vec_load_transposed(w + (ptrdiff_t)j * k + i, k, rows, lanes, v);
            for (int l = 0; l < lanes; l++)
                vec_store(packed + panel_at(k, i + l, j), v[l]);
        }
}

static void direct_pack(const conv_shape *s, conv_map map, const float *weight,
                        float *packed)
{
    if (map == CONV_APPLY)
        pack_panels(weight, direct_row(s), s->oc, packed);
    else
        pack_panels_transposed(weight, s->oc, direct_row(s), packed);
}

/* ---- the padded image --------------------------------------------------------------
 */

/* What a side of the padded image must hold: the image, and all that kernels reach. */
static int padded_side(int pad, int in, int out, int stride, int k)
{
    int image = pad + in, reach = (out - 1) * stride + k;
    return image > reach ? image : reach;
}

static int padded_width(const conv_shape *s)
{
    return padded_side(s->pad_x, s->w, s->ow, s->stride, s->kw);
}

static int padded_lines(const conv_shape *s)
{
    return padded_side(s->pad_y, s->h, s->oh, s->stride, s->kh);
}

static size_t padded_size(const conv_shape *s)
{
    return (size_t)padded_lines(s) * (size_t)padded_width(s) * (size_t)s->c;
}

/* Where line `line` of the image begins in it. */
static ptrdiff_t padded_at(const conv_shape *s, int line)
{
    return ((ptrdiff_t)(line + s->pad_y) * padded_width(s) + s->pad_x) * s->c;
}

static void pad_image(const conv_shape *s, const float *x, float *padded)
{
    size_t line = (size_t)s->w * (size_t)s->c;
    memset(padded, 0, padded_size(s) * sizeof *padded);
    for (int i = 0; i < s->h; i++, x += line)
        memcpy(padded + padded_at(s, i), x, line * sizeof *x);
}

static size_t direct_scratch_size(const conv_shape *s, int n)
{
    (void)n;
    if (pointwise(s))
        return 0;
    return padded_size(s) + (size_t)s->ow * (size_t)direct_row(s);
}

/* ---- maps --------------------------------------------------------------------------
 */

/* y[pixels,oc] = x[pixels,c] . w */
static product pointwise_apply(const conv_shape *s, int n, const float *x,
                               const float *packed, float *y)
{
    return (product){.m = n * s->h * s->w,
                     .n = s->oc,
                     .k = s->c,
                     .segments = 1,
                     .a = x,
                     .a_row = s->c,
                     .a_col = 1,
                     .b = packed,
                     .b_row = NR,
                     .b_panel = (ptrdiff_t)s->c * NR,
                     .c = y,
                     .c_row = s->oc,
                     .c_cold = true};
}

/* Line i of y[oh,ow,oc] from the padded image. */
static product line_apply(const conv_shape *s, int i, const float *padded,
                          const float *packed, float *y)
{
    ptrdiff_t run = (ptrdiff_t)s->kw * s->c, line = (ptrdiff_t)padded_width(s) * s->c;
    return (product){.m = s->ow,
                     .n = s->oc,
                     .k = (int)run,
                     .segments = s->kh,
                     .a = padded + i * s->stride * line,
                     .a_row = (ptrdiff_t)s->stride * s->c,
                     .a_col = 1,
                     .a_segment = line,
                     .b = packed,
                     .b_row = NR,
                     .b_panel = s->kh * run * NR,
                     .b_segment = run * NR,
                     .c = y + (ptrdiff_t)i * s->ow * s->oc,
                     .c_row = s->oc,
                     .c_cold = true};
}

static void direct_apply(const conv_shape *s, int n, const float *x,
                         const float *packed, float *y, conv_out out, float *scratch)
{
    if (pointwise(s)) {
        product g = pointwise_apply(s, n, x, packed, y);
        g.bias = out.bias;
        g.accumulate = out.accumulate;
        product_run(&g);
        return;
    }
    for (int image = 0; image < n; image++) {
        pad_image(s, x + (size_t)image * (size_t)(s->h * s->w * s->c), scratch);
        for (int i = 0; i < s->oh; i++) {
            product g = line_apply(s, i, scratch, packed, y);
            g.bias = out.bias;
            g.accumulate = out.accumulate;
            product_run(&g);
        }
        y += (ptrdiff_t)s->oh * s->ow * s->oc;
    }
}

/* rows[pixels,kh*kw*c] = y[pixels,oc] . w' */
static product rows_adjoint(const conv_shape *s, int pixels, const float *y,
                            const float *packed, float *rows)
{
    return (product){.m = pixels,
                     .n = direct_row(s),
                     .k = s->oc,
                     .segments = 1,
                     .a = y,
                     .a_row = s->oc,
                     .a_col = 1,
                     .b = packed,
                     .b_row = NR,
                     .b_panel = (ptrdiff_t)s->oc * NR,
                     .c = rows,
                     .c_row = direct_row(s),
                     .c_cold = true};
}

static void add_run(float *to, const float *from, int n)
{
    int e = 0;
    for (; e + VEC <= n; e += VEC)
        vec_store(to + e, vec_load(to + e) + vec_load(from + e));
    if (e < n)
        vec_store_part(to + e,
                       vec_load_part(to + e, n - e) + vec_load_part(from + e, n - e),
                       n - e);
}

/* Add the rows of feature line i to the padded image. */
static void scatter_line(const conv_shape *s, int i, const float *rows, float *padded)
{
    int run = s->kw * s->c;
    ptrdiff_t line = (ptrdiff_t)padded_width(s) * s->c;
    padded += i * s->stride * line;
    for (int j = 0; j < s->ow; j++, padded += s->stride * s->c)
        for (int a = 0; a < s->kh; a++, rows += run)
            add_run(padded + a * line, rows, run);
}

/* x[h,w,c] += the inside of the padded image */
static void unpad_image(const conv_shape *s, float *padded, float *x)
{
    for (int i = 0; i < s->h; i++, x += (ptrdiff_t)s->w * s->c)
        add_run(x, padded + padded_at(s, i), s->w * s->c);
}

static void direct_adjoint(const conv_shape *s, int n, const float *y,
                           const float *packed, float *x, conv_out out, float *scratch)
{
    if (pointwise(s)) {
        product g = rows_adjoint(s, n * s->h * s->w, y, packed, x);
        g.bias = out.bias;
        g.accumulate = out.accumulate;
        product_run(&g);
        return;
    }
    float *padded = scratch, *rows = scratch + padded_size(s);
    conv_begin(x, (size_t)n * (size_t)(s->h * s->w), s->c, out);
    for (int image = 0; image < n; image++) {
        memset(padded, 0, padded_size(s) * sizeof *padded);
        for (int i = 0; i < s->oh; i++, y += (ptrdiff_t)s->ow * s->oc) {
            product g = rows_adjoint(s, s->ow, y, packed, rows);
            product_run(&g);
            scatter_line(s, i, rows, padded);
        }
        unpad_image(s, padded, x + (size_t)image * (size_t)(s->h * s->w * s->c));
    }
}

/* dw[c,oc] = x' . y over all pixels */
static product pointwise_grad(const conv_shape *s, int n, const float *x,
                              const float *y, float *dw)
{
    return (product){.m = s->c,
                     .n = s->oc,
                     .k = n * s->h * s->w,
                     .segments = 1,
                     .a = x,
                     .a_row = 1,
                     .a_col = s->c,
                     .b = y,
                     .b_row = s->oc,
                     .b_panel = NR,
                     .c = dw,
                     .c_row = s->oc,
                     .c_cold = true};
}

/* Kernel row a of dw[kh,kw*c,oc] over one image, lines of output being segments. */
static product line_grad(const conv_shape *s, int a, const float *padded,
                         const float *y, float *dw)
{
    ptrdiff_t line = (ptrdiff_t)padded_width(s) * s->c;
    return (product){.m = s->kw * s->c,
                     .n = s->oc,
                     .k = s->ow,
                     .segments = s->oh,
                     .a = padded + a * line,
                     .a_row = 1,
                     .a_col = (ptrdiff_t)s->stride * s->c,
                     .a_segment = s->stride * line,
                     .b = y,
                     .b_row = s->oc,
                     .b_panel = NR,
                     .b_segment = (ptrdiff_t)s->ow * s->oc,
                     .c = dw + (ptrdiff_t)a * s->kw * s->c * s->oc,
                     .c_row = s->oc,
                     .c_cold = true};
}

static void direct_grad(const conv_shape *s, int n, const float *x, const float *y,
                        float *dw, bool add, float *scratch)
{
    if (pointwise(s)) {
        product g = pointwise_grad(s, n, x, y, dw);
        g.accumulate = add;
        product_run(&g);
        return;
    }
    for (int image = 0; image < n; image++) {
        pad_image(s, x + (size_t)image * (size_t)(s->h * s->w * s->c), scratch);
        for (int a = 0; a < s->kh; a++) {
            product g = line_grad(s, a, scratch, y, dw);
            g.accumulate = add || image > 0;
            product_run(&g);
        }
        y += (ptrdiff_t)s->oh * s->ow * s->oc;
    }
}

#endif
