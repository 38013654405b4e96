/*
 * SPDX-License-Identifier: MIT
 *
 * Convolution as a matrix product, for any geometry: the pixels under the kernel are
 * copied to one row per output pixel (im2row), and rows x weights is a GEMM. Channels
 * last makes every copy a whole run of kw * c floats. Works through the output in
 * chunks of lines, so that scratch does not grow with the image.
 */
#include "tensor/conv_reference.h"

#include <string.h>

#include "tensor/gemm.h"

#define CHUNK_PIXELS 512 /* a chunk is at least one line of output */

static int chunk_lines(const conv_shape *s)
{
    return s->ow > 0 && s->ow < CHUNK_PIXELS ? CHUNK_PIXELS / s->ow : 1;
}

static int row_size(const conv_shape *s)
{
    return s->kh * s->kw * s->c;
}

static bool reference_fits(const conv_shape *s)
{
    (void)s;
    return true;
}

static size_t reference_packed_size(const conv_shape *s, conv_map map)
{
    (void)map;
    return (size_t)row_size(s) * (size_t)s->oc;
}

static void reference_pack(const conv_shape *s, conv_map map, const float *weight,
                           float *packed)
{
    memcpy(packed, weight, reference_packed_size(s, map) * sizeof *packed);
}

static size_t reference_scratch_size(const conv_shape *s, int n)
{
    int lines = chunk_lines(s) < n * s->oh ? chunk_lines(s) : n * s->oh;
    return (size_t)lines * (size_t)s->ow * (size_t)row_size(s);
}

/* The columns of the image under kernel column 0..kw-1 at output column j. */
typedef struct span {
    int first;    /* kernel column of the first one inside the image */
    int count;    /* columns inside the image */
    size_t image; /* float offset of the first one in its image line */
} span;

static span span_at(const conv_shape *s, int j)
{
    int x0 = j * s->stride - s->pad_x;
    int first = x0 < 0 ? -x0 : 0;
    int end = x0 + s->kw > s->w ? s->w - x0 : s->kw;
    if (first >= end)
        return (span){0, 0, 0};
    return (span){first, end - first, (size_t)(x0 + first) * (size_t)s->c};
}

/* Line of the image side under kernel row a, seen from feature line `line` of the
 * batch; -1 in the padding. */
static ptrdiff_t image_line(const conv_shape *s, int line, int a)
{
    int y = line % s->oh * s->stride - s->pad_y + a;
    if (y < 0 || y >= s->h)
        return -1;
    return (ptrdiff_t)(line / s->oh) * s->h + y;
}

/* rows[lines*ow, kh*kw*c] = pixels under the kernel, zero in the padding. */
static void im2row(const conv_shape *s, const float *x, int line, int lines,
                   float *rows)
{
    size_t c = (size_t)s->c, run = (size_t)s->kw * c;
    memset(rows, 0, (size_t)lines * (size_t)s->ow * (size_t)s->kh * run * sizeof *rows);
    for (int i = line; i < line + lines; i++)
        for (int j = 0; j < s->ow; j++) {
            span in = span_at(s, j);
            for (int a = 0; a < s->kh; a++, rows += run) {
                ptrdiff_t from = image_line(s, i, a);
                if (from >= 0)
                    memcpy(rows + (size_t)in.first * c,
                           x + (size_t)from * (size_t)s->w * c + in.image,
                           (size_t)in.count * c * sizeof *rows);
            }
        }
}

/* Adjoint of im2row: x += what each row says about the pixels under the kernel. */
static void row2im(const conv_shape *s, const float *rows, int line, int lines,
                   float *x)
{
    size_t c = (size_t)s->c, run = (size_t)s->kw * c;
    for (int i = line; i < line + lines; i++)
        for (int j = 0; j < s->ow; j++) {
            span in = span_at(s, j);
            for (int a = 0; a < s->kh; a++, rows += run) {
                ptrdiff_t to = image_line(s, i, a);
                if (to < 0)
                    continue;
                float *image = x + (size_t)to * (size_t)s->w * c + in.image;
                const float *row = rows + (size_t)in.first * c;
                for (size_t e = 0; e < (size_t)in.count * c; e++)
                    image[e] += row[e];
            }
        }
}

/* Lines of the chunk that starts at `line` of the batch's n * oh feature lines. */
static int chunk_at(const conv_shape *s, int n, int line)
{
    int left = n * s->oh - line;
    return chunk_lines(s) < left ? chunk_lines(s) : left;
}

static float *feature_at(const conv_shape *s, const float *y, int line)
{
    return (float *)y + (size_t)line * (size_t)s->ow * (size_t)s->oc;
}

static void reference_apply(const conv_shape *s, int n, const float *x,
                            const float *packed, float *y, conv_out out, float *scratch)
{
    mat w = mat_of(packed, row_size(s), s->oc);
    conv_begin(y, (size_t)n * (size_t)s->oh * (size_t)s->ow, s->oc, out);
    for (int line = 0, lines; line < n * s->oh; line += lines) {
        lines = chunk_at(s, n, line);
        im2row(s, x, line, lines, scratch);
        gemm(feature_at(s, y, line), s->oc, mat_of(scratch, lines * s->ow, row_size(s)),
             w, true);
    }
}

static void reference_adjoint(const conv_shape *s, int n, const float *y,
                              const float *packed, float *x, conv_out out,
                              float *scratch)
{
    mat w = mat_transposed(packed, row_size(s), s->oc);
    conv_begin(x, (size_t)n * (size_t)s->h * (size_t)s->w, s->c, out);
    for (int line = 0, lines; line < n * s->oh; line += lines) {
        lines = chunk_at(s, n, line);
        gemm(scratch, row_size(s), mat_of(feature_at(s, y, line), lines * s->ow, s->oc),
             w, false);
        row2im(s, scratch, line, lines, x);
    }
}

static void reference_grad(const conv_shape *s, int n, const float *x, const float *y,
                           float *dw, bool add, float *scratch)
{
    for (int line = 0, lines; line < n * s->oh; line += lines) {
        lines = chunk_at(s, n, line);
        im2row(s, x, line, lines, scratch);
        gemm(dw, s->oc, mat_transposed(scratch, lines * s->ow, row_size(s)),
             mat_of(feature_at(s, y, line), lines * s->ow, s->oc), add || line > 0);
    }
}

const conv_kernel conv_reference = {
    .name = "reference",
    .local = true,
    .fits = reference_fits,
    .packed_size = reference_packed_size,
    .pack = reference_pack,
    .scratch_size = reference_scratch_size,
    .apply = reference_apply,
    .adjoint = reference_adjoint,
    .grad = reference_grad,
};
