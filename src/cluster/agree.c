/* SPDX-License-Identifier: MIT */
#include "cluster/cluster.h"

void vq_ranks(int *rank, int *ranks)
{
    *rank = cluster_rank();
    *ranks = cluster_ranks();
}

vq_status vq_ranks_agree(vq_status mine, vq_error *err)
{
    return cluster_agree(mine, NULL, 0, err);
}
