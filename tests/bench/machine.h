/*
 * SPDX-License-Identifier: MIT
 *
 * What the benchmarks share: buffers, medians, and the two peaks of one core that every
 * share is measured against. Code, included by each.
 */
#ifndef VQ_TESTS_BENCH_MACHINE_H
#define VQ_TESTS_BENCH_MACHINE_H

#include <stdio.h>
#include <stdlib.h>
#if defined __x86_64__
#include <immintrin.h>
#endif

#include "base/clock.h"
#include "tensor/gemm.h"

static float *numbers(size_t n)
{
    float *v = aligned_alloc(64, (n * sizeof *v + 127) / 64 * 64);
    if (!v) {
        fprintf(stderr, "bench: out of memory\n");
        exit(70);
    }
    for (size_t i = 0; i < n; i++)
        v[i] = (float)((i * 2654435761u) % 1000) / 500 - 1;
    return v;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof *v, by_value);
    return v[n / 2];
}

#define CHAINS 12
#define FMA_LOOPS 2000000

#if defined __x86_64__
__attribute__((target("avx512f"))) static double fma_wide(void)
{
    __m512 sum[CHAINS], a = _mm512_set1_ps(0.999f), b = _mm512_set1_ps(0.001f);
    for (int i = 0; i < CHAINS; i++)
        sum[i] = _mm512_set1_ps((float)i);
    double start = clock_seconds();
    for (int k = 0; k < FMA_LOOPS; k++)
#pragma GCC unroll 12
        for (int i = 0; i < CHAINS; i++)
            sum[i] = _mm512_fmadd_ps(sum[i], a, b);
    double rate = 32.0 * CHAINS * FMA_LOOPS / (clock_seconds() - start);
    for (int i = 1; i < CHAINS; i++)
        sum[0] = _mm512_add_ps(sum[0], sum[i]);
    return _mm512_reduce_add_ps(sum[0]) < 0 ? 0 : rate;
}

__attribute__((target("avx2,fma"))) static double fma_half(void)
{
    __m256 sum[CHAINS], a = _mm256_set1_ps(0.999f), b = _mm256_set1_ps(0.001f);
    for (int i = 0; i < CHAINS; i++)
        sum[i] = _mm256_set1_ps((float)i);
    double start = clock_seconds();
    for (int k = 0; k < FMA_LOOPS; k++)
#pragma GCC unroll 12
        for (int i = 0; i < CHAINS; i++)
            sum[i] = _mm256_fmadd_ps(sum[i], a, b);
    double rate = 16.0 * CHAINS * FMA_LOOPS / (clock_seconds() - start);
    for (int i = 1; i < CHAINS; i++)
        sum[0] = _mm256_add_ps(sum[0], sum[i]);
    return _mm256_cvtss_f32(sum[0]) < 0 ? 0 : rate;
}
#endif

/* Multiply-adds a second that registers alone allow, times 2; 0: not known here. */
static double fma_peak(void)
{
#if defined __x86_64__
    if (__builtin_cpu_supports("avx512f"))
        return fma_wide();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return fma_half();
#endif
    return 0;
}

static double sgemm_rate(int n, const float *a, float *c)
{
    double start = clock_seconds();
    gemm(c, n, mat_of(a, n, n), mat_of(a, n, n), false);
    return 2.0 * n * n * n / (clock_seconds() - start);
}

typedef struct machine {
    double fma, sgemm;
} machine;

__attribute__((unused)) static machine measure_machine(void)
{
    enum { TRIES = 5, N = 2048 };
    double fma[TRIES], sgemm[TRIES];
    float *a = numbers((size_t)N * N), *c = numbers((size_t)N * N);
    for (int i = 0; i < TRIES; i++) {
        fma[i] = fma_peak();
        sgemm[i] = sgemm_rate(N, a, c);
    }
    free(a);
    free(c);
    return (machine){median(fma, TRIES) * 1e-9, median(sgemm, TRIES) * 1e-9};
}

#endif
