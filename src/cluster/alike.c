/* SPDX-License-Identifier: MIT */
#include "cluster/alike.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "tensor/gemm.h"
#include "tensor/simd.h"

/* FNV-1a over 64 bits; Fowler, Noll, Vo. */
uint64_t alike_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *b = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ b[i]) * 0x100000001b3u;
    return hash;
}

uint64_t alike_text(uint64_t hash, const char *text)
{
    return alike_bytes(hash, text, strlen(text) + 1);
}

/* Of its version where it cannot be read. */
uint64_t alike_program(void)
{
    unsigned char bytes[4096];
    uint64_t hash = alike_text(ALIKE_BEGIN, VQ_VERSION);
    FILE *f = fd_stream_open("/proc/self/exe");
    if (!f)
        return hash;
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, f)) > 0;)
        hash = alike_bytes(hash, bytes, n);
    fclose(f);
    return hash;
}

uint64_t alike_kernels(void)
{
    return alike_text(alike_text(ALIKE_BEGIN, simd_best()->like), gemm_kernels());
}

vq_status alike_compare(const uint64_t *mine, const char *const *names, int n,
                        vq_error *err)
{
    uint64_t first[ALIKE_MAX];
    vq_status status;
    assert(n <= ALIKE_MAX && sizeof first <= CLUSTER_WORD_MAX);
    memcpy(first, mine, (size_t)n * sizeof *first);
    TRY(cluster_agree(VQ_OK, first, (size_t)n * sizeof *first, err));
    for (int i = 0; i < n && status == VQ_OK; i++)
        if (first[i] != mine[i])
            status = vq_fail(err, VQ_EINPUT,
                             "%s not rank 0's: fingerprint %016" PRIx64
                             ", but rank 0's is %016" PRIx64,
                             names[i], mine[i], first[i]);
    status = cluster_agree(status, NULL, 0, err);
out:
    return status;
}
