/*
 * SPDX-License-Identifier: MIT
 *
 * The widest float vector of the instruction set a file is compiled for, and the few
 * operations the kernels need. Multiply-add is always spelled out, so that a result
 * does not depend on what a compiler chooses to contract.
 *
 * VEC lanes; MR x NR is the block of a product that is summed in registers. On Zen 4,
 * GFLOP/s of [32,128] x [128,128] out of a peak of 116: 8 x 2 vectors 112, 12 x 2 108,
 * 6 x 4 111 (AVX-512); 6 x 2 vectors 108, 4 x 2 85, 3 x 4 99 (AVX2).
 */
#ifndef VQ_TENSOR_VEC_H
#define VQ_TENSOR_VEC_H

#include <stdint.h>
#include <string.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#if defined __clang__
#define UNROLLED _Pragma("clang loop unroll(full)")
#else
#define UNROLLED _Pragma("GCC unroll 16")
#endif

#if defined __AVX512F__
#include <immintrin.h>
#define VEC 16
#define MR 8
typedef __m512 vec;
typedef __m512i ivec;
#elif defined __AVX2__ && defined __FMA__
#include <immintrin.h>
#define VEC 8
#define MR 6
typedef __m256 vec;
typedef __m256i ivec;
#else
#define VEC 4
#if defined __aarch64__
#define MR 8
#else
#define MR 6
#endif
typedef float vec __attribute__((vector_size(16)));
typedef int32_t ivec __attribute__((vector_size(16)));
#endif

#define NV 2          /* vectors side by side in a block of columns */
#define NR (NV * VEC) /* columns of a panel */

ALWAYS_INLINE vec vec_load(const float *p)
{
    vec v;
    memcpy(&v, p, sizeof v);
    return v;
}

ALWAYS_INLINE void vec_store(float *p, vec v)
{
    memcpy(p, &v, sizeof v);
}

#if defined __AVX512F__

ALWAYS_INLINE vec vec_splat(float x)
{
    return _mm512_set1_ps(x);
}

/* a * b + c, rounded once */
ALWAYS_INLINE vec vec_madd(vec a, vec b, vec c)
{
    return _mm512_fmadd_ps(a, b, c);
}

/* The first n lanes; the others are zero, and their memory is not touched. */
ALWAYS_INLINE vec vec_load_part(const float *p, int n)
{
    return _mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
}

ALWAYS_INLINE void vec_store_part(float *p, vec v, int n)
{
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), v);
}

/* Where score < best (never for NaN): best = score and index = i. */
ALWAYS_INLINE void vec_keep_less(vec score, int32_t i, vec *best, ivec *index)
{
    __mmask16 less = _mm512_cmp_ps_mask(score, *best, _CMP_LT_OQ);
    *best = _mm512_mask_mov_ps(*best, less, score);
    *index = _mm512_mask_mov_epi32(*index, less, _mm512_set1_epi32(i));
}

#else

ALWAYS_INLINE vec vec_load_part(const float *p, int n)
{
    float lanes[VEC] = {0};
    for (int i = 0; i < n; i++)
        lanes[i] = p[i];
    return vec_load(lanes);
}

ALWAYS_INLINE void vec_store_part(float *p, vec v, int n)
{
    float lanes[VEC];
    vec_store(lanes, v);
    for (int i = 0; i < n; i++)
        p[i] = lanes[i];
}

#if defined __AVX2__ && defined __FMA__

ALWAYS_INLINE vec vec_splat(float x)
{
    return _mm256_set1_ps(x);
}

ALWAYS_INLINE vec vec_madd(vec a, vec b, vec c)
{
    return _mm256_fmadd_ps(a, b, c);
}

ALWAYS_INLINE void vec_keep_less(vec score, int32_t i, vec *best, ivec *index)
{
    vec less = _mm256_cmp_ps(score, *best, _CMP_LT_OQ);
    *best = _mm256_blendv_ps(*best, score, less);
    *index = _mm256_castps_si256(_mm256_blendv_ps(
        _mm256_castsi256_ps(*index), _mm256_castsi256_ps(_mm256_set1_epi32(i)), less));
}

#else

ALWAYS_INLINE vec vec_splat(float x)
{
    return (vec){x, x, x, x};
}

#if defined __aarch64__
#include <arm_neon.h>
ALWAYS_INLINE vec vec_madd(vec a, vec b, vec c)
{
    return (vec)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}
#else
ALWAYS_INLINE vec vec_madd(vec a, vec b, vec c) /* no fused one: rounded twice */
{
    return a * b + c;
}
#endif

ALWAYS_INLINE void vec_keep_less(vec score, int32_t i, vec *best, ivec *index)
{
    ivec less = (ivec)(score < *best);
    *best = (vec)(((ivec)score & less) | ((ivec)*best & ~less));
    *index = ((ivec){i, i, i, i} & less) | (*index & ~less);
}

#endif
#endif

/* ---- pairs: two bfloat16 in the place of a float, the first in its low half ---- */

typedef uint32_t uvec __attribute__((vector_size(4 * VEC)));

#if defined __AVX512BF16__

/* Every lane rounded to the nearest bfloat16, to even where there are two. */
ALWAYS_INLINE vec vec_rounded(vec v)
{
    const __m512i half = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(v));
    return _mm512_castsi512_ps(_mm512_slli_epi32(half, 16));
}

/* VEC of them in a row, in the place of half as many floats. */
ALWAYS_INLINE void vec_store_rounded(float *p, vec v)
{
    const __m256i half = (__m256i)_mm512_cvtneps_pbh(v);
    memcpy(p, &half, sizeof half);
}

/* c + a high * b high + a low * b low, in this order, each rounded once */
ALWAYS_INLINE vec vec_madd_pairs(vec a, vec b, vec c)
{
    return _mm512_dpbf16_ps(c, (__m512bh)a, (__m512bh)b);
}

#else /* the same bits, but for numbers below 1e-37 */

ALWAYS_INLINE vec vec_rounded(vec v)
{
    const uvec b = (uvec)v;
    return (vec)((b + 0x7fff + (b >> 16 & 1)) & 0xffff0000);
}

ALWAYS_INLINE void vec_store_rounded(float *p, vec v)
{
    typedef uint16_t halves __attribute__((vector_size(2 * VEC)));
    const halves half = __builtin_convertvector((uvec)vec_rounded(v) >> 16, halves);
    memcpy(p, &half, sizeof half);
}

ALWAYS_INLINE vec vec_madd_pairs(vec a, vec b, vec c)
{
    const vec a_low = (vec)((uvec)a << 16), a_high = (vec)((uvec)a & 0xffff0000);
    const vec b_low = (vec)((uvec)b << 16), b_high = (vec)((uvec)b & 0xffff0000);
    return vec_madd(a_low, b_low, vec_madd(a_high, b_high, c));
}

#endif

ALWAYS_INLINE vec vec_pair(vec low, vec high)
{
    return (vec)((uvec)vec_rounded(low) >> 16 | (uvec)vec_rounded(high));
}

/* Pairs whose high halves were zero, with high ones. */
ALWAYS_INLINE vec vec_with_high(vec pair, vec high)
{
    return (vec)((uvec)pair | (uvec)vec_rounded(high));
}

/* Store past the caches, for what is read much later; p is aligned. vec_stream_end
 * comes before other threads are told. */
ALWAYS_INLINE void vec_stream(float *p, vec v)
{
#if VEC == 16
    _mm512_stream_ps(p, v);
#else
    vec_store(p, v); /* half a line: ten times slower past the caches */
#endif
}

ALWAYS_INLINE void vec_stream_end(void)
{
#if VEC == 16
    _mm_sfence();
#endif
}

/* n lanes, where n is mostly the constant VEC. */
ALWAYS_INLINE vec vec_load_lanes(const float *p, int n)
{
    return n == VEC ? vec_load(p) : vec_load_part(p, n);
}

ALWAYS_INLINE void vec_store_lanes(float *p, vec v, int n)
{
    if (n == VEC)
        vec_store(p, v);
    else
        vec_store_part(p, v, n);
}

#if VEC == 16
#define VEC_LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define VEC_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif VEC == 8
#define VEC_LOW 0, 8, 1, 9, 2, 10, 3, 11
#define VEC_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#else
#define VEC_LOW 0, 4, 1, 5
#define VEC_HIGH 2, 6, 3, 7
#endif

/* Transpose VEC x VEC: each round deals two halves like cards (Stone 1971). */
ALWAYS_INLINE void vec_transpose(vec v[VEC])
{
    UNROLLED for (int round = 1; round < VEC; round *= 2)
    {
        vec dealt[VEC];
        UNROLLED for (int i = 0; i < VEC / 2; i++)
        {
            dealt[2 * i] = __builtin_shufflevector(v[i], v[i + VEC / 2], VEC_LOW);
            dealt[2 * i + 1] = __builtin_shufflevector(v[i], v[i + VEC / 2], VEC_HIGH);
        }
        UNROLLED for (int i = 0; i < VEC; i++) v[i] = dealt[i];
    }
}

/* Element (i, j) of a [rows, lanes] matrix to lane i of v[j]; missing ones are zero. */
ALWAYS_INLINE void vec_load_transposed(const float *p, ptrdiff_t row, int rows,
                                       int lanes, vec v[VEC])
{
    UNROLLED for (int i = 0; i < VEC; i++) v[i] =
        i < rows ? vec_load_lanes(p + i * row, lanes) : vec_splat(0);
    vec_transpose(v);
}

ALWAYS_INLINE int round_up(int n, int step)
{
    return (n + step - 1) / step * step;
}

#endif
