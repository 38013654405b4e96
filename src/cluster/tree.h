/*
 * SPDX-License-Identifier: MIT
 *
 * The one order in which slots are added, however many ranks share them:
 *   for step = 1, 2, 4, ...  for slot = 0, 2 step, 4 step, ...
 *       sum[slot] += sum[slot + step]
 * A rank has a range of slots and does the additions whose slots are all its own; what
 * is left then are a few sums a rank, which whoever has them adds in the same order. So
 * every sum is the same bits at any number of ranks. Tested in
 * tests/cluster/test_tree.c.
 */
#ifndef VQ_CLUSTER_TREE_H
#define VQ_CLUSTER_TREE_H

#include <stdbool.h>
#include <stddef.h>

/* Where the r-th of `ranks` shares of n things begins; that of r = ranks is n. */
size_t tree_share(size_t n, int r, int ranks);

/* Are all slots of the sum that slot += slot + step makes within [first, end)? */
bool tree_within(int slots, int slot, int step, int first, int end);

/* live [slots]: the slots that hold a sum once every rank did what it can alone. */
void tree_live(int slots, int ranks, bool *live);

#endif
