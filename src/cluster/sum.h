/*
 * SPDX-License-Identifier: MIT
 *
 * The sum of all slots of all ranks, in the order of cluster/tree.h. Every rank adds
 * its own slots, sends each other rank that one's share of what is left, finishes its
 * own share, and gets the others': a reduce-scatter and an all-gather, by which a rank
 * sends and receives about twice the size of a slot however many there are. Tested in
 * tests/cluster/test_sum.c and by scripts/check-mpi.sh.
 */
#ifndef VQ_CLUSTER_SUM_H
#define VQ_CLUSTER_SUM_H

#include "base/arena.h"
#include "base/parallel.h"
#include "cluster/cluster.h"

/* Floats that a worker adds at a time: 16 slots of them fit in L2. */
#define SUM_BLOCK ((size_t)4096)

typedef struct cluster_sum {
    int slots, first, end; /* all of them; this rank's: [first, end) */
    size_t size;           /* floats of a slot */
    int threads;
    float *rows; /* [rows, size]: slot first + i in row i; borrowed by a run */

    bool *live;                /* [slots]: tree_live */
    float **part;              /* [slots]: where a live one's share of this rank is */
    float *received;           /* [live ones of others, share] */
    size_t *gathered;          /* [ranks + 1]: bytes where shares begin */
    cluster_message *messages; /* [n_messages] */
    int n_messages;
    arena memory; /* owns all of them */
} cluster_sum;

/* VQ_ENOMEM. After a failure release is legal. */
vq_status cluster_sum_init(cluster_sum *s, int slots, size_t size, int threads,
                           vq_error *err);
void cluster_sum_release(cluster_sum *s);

/* Rows that a caller must have: one for each slot of this rank, at least one. */
int cluster_sum_rows(const cluster_sum *s);

int cluster_sum_blocks(const cluster_sum *s);

/* The floats of a block: [*first, *first + returned count). */
size_t cluster_sum_block(const cluster_sum *s, int i, size_t *first);

/*
 * Add up all slots into the first row, on every rank; the other rows are spoilt. `each`
 * is called by workers for every block of the sum. Allocates nothing. VQ_EIO: another
 * rank has died.
 */
vq_status cluster_sum_run(cluster_sum *s, float *rows, parallel_body each, void *user,
                          vq_error *err);

#endif
