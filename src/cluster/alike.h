/*
 * SPDX-License-Identifier: MIT
 *
 * What must be alike on all ranks, as fingerprints that are compared before anything is
 * written. Tested by scripts/check-mpi.sh.
 */
#ifndef VQ_CLUSTER_ALIKE_H
#define VQ_CLUSTER_ALIKE_H

#include "cluster/cluster.h"

/* A fingerprint begins with this and takes in bytes, or a text with its end. */
#define ALIKE_BEGIN 0xcbf29ce484222325u
uint64_t alike_bytes(uint64_t hash, const void *bytes, size_t size);
uint64_t alike_text(uint64_t hash, const char *text);

/* Of the running program, and of the kernels that this machine runs. */
uint64_t alike_program(void);
uint64_t alike_kernels(void);

/*
 * VQ_EINPUT, on all ranks, where one of a rank's n fingerprints, at most ALIKE_MAX, is
 * not rank 0's; names [n] as in "the program is".
 */
enum { ALIKE_MAX = 4 };
vq_status alike_compare(const uint64_t *mine, const char *const *names, int n,
                        vq_error *err);

#endif
