/* SPDX-License-Identifier: MIT */
#include "tensor/simd.h"

#include <stdlib.h>
#include <string.h>

const simd *simd_at(int i)
{
    const simd *have[5] = {NULL};
    int n = 0;
#if defined __x86_64__
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bf16"))
        have[n++] = &simd_avx512_bf16;
    if (__builtin_cpu_supports("avx512f"))
        have[n++] = &simd_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        have[n++] = &simd_avx2;
#endif
    have[n++] = &simd_generic;
    return i < n ? have[i] : NULL;
}

const simd *simd_best(void)
{
    const char *wanted = getenv("VQVAE_SIMD");
    for (int i = 0; wanted && simd_at(i); i++)
        if (strcmp(simd_at(i)->name, wanted) == 0)
            return simd_at(i);
    return simd_at(0);
}
