/*
 * SPDX-License-Identifier: MIT
 *
 * Toom-Cook short convolutions in one dimension, the algebra under the Winograd kernels
 * (Winograd 1980; Lavin and Gray 2016, arXiv:1509.09308). Code, included once per
 * instruction set.
 *
 * F(4,r) gives four outputs y of a filter g with r taps from n = r+3 inputs d in n
 * multiplications instead of 4r:  y = A'((G g) . (B'd)). With its transposes it serves
 * a convolution's three maps:
 *
 *   apply    y = A'(U . V)   adjoint  d = B(U . Z)   gradient  g = G'(V . Z)
 *   where    U = G g         V = B'd                 Z = A y
 *
 * Points: +-a, +-b and infinity for r = 2, and 0 as well for r = 3. Their choice
 * decides the accuracy. The best multiples of 1/16, in 2-D with 128 channels, rms error
 * of apply, adjoint, gradient in 1e-7 of the result's rms:
 *   r = 3   1, 2 (the usual ones)   22, 24, 14     5/8, 13/8   10, 11, 6
 *   r = 2   0, 1, -1, 2 (usual)     13, 14,  8     3/8, 5/4     6,  6, 4
 */
#ifndef VQ_TENSOR_TOOMCOOK_H
#define VQ_TENSOR_TOOMCOOK_H

#include "tensor/vec.h"

#define TC_OUT 4 /* outputs */
#define TC_MAX 6 /* inputs, at most */

/* a, b and the products of their squares are exact in single precision. */
ALWAYS_INLINE float tc_a(int r)
{
    return r == 3 ? 5.0f / 8 : 3.0f / 8;
}

ALWAYS_INLINE float tc_b(int r)
{
    return r == 3 ? 13.0f / 8 : 5.0f / 4;
}

/* a x */
ALWAYS_INLINE vec tc_mul(float a, vec x)
{
    return vec_splat(a) * x;
}

/* a x + y */
ALWAYS_INLINE vec tc_madd(float a, vec x, vec y)
{
    return vec_madd(vec_splat(a), x, y);
}

/* V = B'd */
ALWAYS_INLINE void tc_image_in(int r, const vec *d, vec *v)
{
    float a = tc_a(r), b = tc_b(r), aa = a * a, bb = b * b;
    if (r == 3) {
        *v++ = tc_madd(aa * bb, d[0], tc_madd(-aa - bb, d[2], d[4]));
        d++;
    }
    vec even = tc_madd(-bb, d[1], d[3]), odd = tc_madd(-bb, d[0], d[2]);
    v[0] = tc_madd(a, odd, even);
    v[1] = tc_madd(-a, odd, even);
    even = tc_madd(-aa, d[1], d[3]);
    odd = tc_madd(-aa, d[0], d[2]);
    v[2] = tc_madd(b, odd, even);
    v[3] = tc_madd(-b, odd, even);
    v[4] = tc_madd(aa * bb, d[0], tc_madd(-aa - bb, d[2], d[4]));
}

/* d = B v */
ALWAYS_INLINE void tc_image_out(int r, const vec *v, vec *d)
{
    float a = tc_a(r), b = tc_b(r), aa = a * a, bb = b * b;
    const vec *p = r == 3 ? v + 1 : v;
    vec *e = r == 3 ? d + 1 : d;
    vec even_a = p[0] + p[1], odd_a = p[0] - p[1];
    vec even_b = p[2] + p[3], odd_b = p[2] - p[3];
    e[0] = tc_madd(-a * bb, odd_a, tc_madd(-b * aa, odd_b, tc_mul(aa * bb, p[4])));
    e[1] = tc_madd(-bb, even_a, tc_mul(-aa, even_b));
    e[2] = tc_madd(a, odd_a, tc_madd(b, odd_b, tc_mul(-aa - bb, p[4])));
    e[3] = even_a + even_b;
    e[4] = p[4];
    if (r == 3) {
        d[0] = tc_mul(aa * bb, v[0]);
        d[2] = tc_madd(-aa - bb, v[0], d[2]);
        d[4] = d[4] + v[0];
    }
}

/* Z = A y */
ALWAYS_INLINE void tc_feature_in(int r, const vec *y, vec *z)
{
    float a = tc_a(r), b = tc_b(r), aa = a * a, bb = b * b;
    if (r == 3)
        *z++ = y[0];
    vec even = tc_madd(aa, y[2], y[0]), odd = tc_madd(aa, y[3], y[1]);
    z[0] = tc_madd(a, odd, even);
    z[1] = tc_madd(-a, odd, even);
    even = tc_madd(bb, y[2], y[0]);
    odd = tc_madd(bb, y[3], y[1]);
    z[2] = tc_madd(b, odd, even);
    z[3] = tc_madd(-b, odd, even);
    z[4] = y[3];
}

/* y = A'z */
ALWAYS_INLINE void tc_feature_out(int r, const vec *z, vec *y)
{
    float a = tc_a(r), b = tc_b(r), aa = a * a, bb = b * b;
    const vec *p = r == 3 ? z + 1 : z;
    vec even_a = p[0] + p[1], odd_a = p[0] - p[1];
    vec even_b = p[2] + p[3], odd_b = p[2] - p[3];
    y[0] = r == 3 ? even_a + even_b + z[0] : even_a + even_b;
    y[1] = tc_madd(a, odd_a, tc_mul(b, odd_b));
    y[2] = tc_madd(aa, even_a, tc_mul(bb, even_b));
    y[3] = tc_madd(a * aa, odd_a, tc_madd(b * bb, odd_b, p[4]));
}

/* 1 / the product of differences that G divides by at +a (at -a: the same for r = 3,
 * its negative for r = 2); with a and b exchanged, at +b. */
ALWAYS_INLINE float tc_weight(int r, float a, float b)
{
    return 1 / (2 * (a * a - b * b) * (r == 3 ? a * a : a));
}

/* The two rows of G at +-a. */
ALWAYS_INLINE void tc_filter_pair(int r, float a, float b, const vec *g, vec *u)
{
    float f = tc_weight(r, a, b);
    vec even = tc_mul(f, r == 3 ? tc_madd(a * a, g[2], g[0]) : g[0]);
    vec odd = tc_mul(f * a, g[1]);
    u[0] = even + odd;
    u[1] = r == 3 ? even - odd : odd - even;
}

/* U = G g */
ALWAYS_INLINE void tc_filter_in(int r, const vec *g, vec *u)
{
    float a = tc_a(r), b = tc_b(r);
    if (r == 3)
        *u++ = tc_mul(1 / (a * a * b * b), g[0]);
    tc_filter_pair(r, a, b, g, u);
    tc_filter_pair(r, b, a, g, u + 2);
    u[4] = g[r - 1];
}

/* g = G'u */
ALWAYS_INLINE void tc_filter_out(int r, const vec *u, vec *g)
{
    float a = tc_a(r), b = tc_b(r), fa = tc_weight(r, a, b), fb = tc_weight(r, b, a);
    const vec *p = r == 3 ? u + 1 : u;
    vec sum_a = p[0] + p[1], dif_a = p[0] - p[1];
    vec sum_b = p[2] + p[3], dif_b = p[2] - p[3];
    if (r == 3) {
        vec zero = tc_mul(1 / (a * a * b * b), u[0]);
        g[0] = tc_madd(fa, sum_a, tc_madd(fb, sum_b, zero));
        g[1] = tc_madd(a * fa, dif_a, tc_mul(b * fb, dif_b));
        g[2] = tc_madd(a * a * fa, sum_a, tc_madd(b * b * fb, sum_b, p[4]));
    } else { /* the row at -a has the opposite sign */
        g[0] = tc_madd(fa, dif_a, tc_mul(fb, dif_b));
        g[1] = tc_madd(a * fa, sum_a, tc_madd(b * fb, sum_b, p[4]));
    }
}

#endif
