/*
 * SPDX-License-Identifier: MIT
 *
 * Cluster: the processes of one run, each a rank. Two files implement it: alone.c, one
 * rank, and mpi.c, the ranks that mpirun started, which takes the place of alone.c in
 * vqvae-mpi.
 *
 * All ranks make the same calls in the same order, from one thread. A rank that fails
 * by itself makes cluster_agree its next call: wherever the others are on their way,
 * that is what they meet it in, so there must be one before any other call here that
 * follows what can fail. Tested in tests/cluster/ and, with ranks, by
 * scripts/check-mpi.sh.
 */
#ifndef VQ_CLUSTER_CLUSTER_H
#define VQ_CLUSTER_CLUSTER_H

#include <stdint.h>

#include "base/status.h"

/* This rank, and how many there are. The first call of all joins the others. */
int cluster_rank(void);
int cluster_ranks(void);

#define CLUSTER_WORD_MAX 56

/*
 * Every rank says how it fares. Where all are well, `word`, of at most CLUSTER_WORD_MAX
 * bytes, becomes rank 0's everywhere. Else every rank gets the status and the message
 * of the first that is not, which is named unless it is rank 0, and the cluster is
 * over: later calls return at once.
 */
vq_status cluster_agree(vq_status mine, void *word, size_t bytes, vq_error *err);

/* Rank 0's bytes to all. */
vq_status cluster_tell(void *data, size_t bytes, vq_error *err);

/* Bytes [begin[r], begin[r + 1]) of `all` are rank r's: bring them to all. */
vq_status cluster_gather(void *all, const size_t *begin, vq_error *err);

/* A message to or from another rank. Those between two ranks meet in their order. */
typedef struct cluster_message {
    int rank;
    bool receives;
    void *data;
    size_t bytes; /* 0: none is sent */
} cluster_message;

/* Send and receive all of them. */
vq_status cluster_exchange(const cluster_message *messages, int n, vq_error *err);

/*
 * The rank that has died, or -1. Any of the calls above then returns VQ_EIO, whose
 * message says so; those of the same machine are seen to die within .1 s, those of
 * others by MPI.
 */
int cluster_dead(void);

/* What has gone to others so far, and the time that took, waiting for them included. */
typedef struct cluster_cost {
    uint64_t bytes;
    double seconds;
} cluster_cost;
cluster_cost cluster_spent(void);

#endif
