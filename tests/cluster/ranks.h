/*
 * SPDX-License-Identifier: MIT
 *
 * The ranks of a cluster as threads of the test, in the place of MPI's processes: what
 * ranks do together is tested without it. What a rank does with more than one thread is
 * not: the others do not know whose they are.
 */
#ifndef VQ_TESTS_CLUSTER_RANKS_H
#define VQ_TESTS_CLUSTER_RANKS_H

#include "support.h"

enum { RANKS_MAX = 5 };

/* What a rank does, and what came of it. */
typedef vq_status (*rank_body)(void *user, int rank, vq_error *err);
typedef struct rank_result {
    vq_status status;
    vq_error err;
} rank_result;

/*
 * Each of so many ranks, at most RANKS_MAX, runs body, and then all agree, as at the
 * end of the program. A body asserts nothing, since its thread is not the test's.
 */
void ranks_run(int ranks, rank_body body, void *user, rank_result result[RANKS_MAX]);

/* Fail unless every rank has this status and a message with this part. */
void assert_ranks(const rank_result *result, int ranks, vq_status status,
                  const char *part);

#endif
