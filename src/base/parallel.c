/* SPDX-License-Identifier: MIT */
#include "base/parallel.h"

#include <omp.h>

#include "tensor/gemm.h"

int shard_images(int64_t area)
{
    const int64_t fit = SHARD_IMAGES * 32 * 32 / (area > 0 ? area : 1);
    return fit < 1 ? 1 : fit < SHARD_IMAGES ? (int)fit : SHARD_IMAGES;
}

int parallel_processors(void)
{
    return omp_get_num_procs();
}

int parallel_threads(int wanted)
{
    return wanted > 0 ? wanted : parallel_processors();
}

vq_status parallel_for(int threads, int n, parallel_body body, void *user,
                       vq_error *err)
{
    vq_status status = VQ_OK;
    int failed = n;                       /* the first index that has failed so far */
    int team = n < threads ? n : threads; /* an idle worker still costs its start */
    gemm_init();
#pragma omp parallel for num_threads(team < 1 ? 1 : team) schedule(dynamic, 1)
    for (int i = 0; i < n; i++) {
        vq_error mine;
        int before;
#pragma omp atomic read
        before = failed;
        vq_status result =
            i > before ? VQ_OK : body(user, i, omp_get_thread_num(), &mine);
        if (result == VQ_OK)
            continue;
#pragma omp critical(parallel_failure)
        if (i < failed) {
#pragma omp atomic write
            failed = i;
            status = result;
            if (err)
                *err = mine;
        }
    }
    return status;
}
