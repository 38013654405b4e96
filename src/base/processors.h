/*
 * SPDX-License-Identifier: MIT
 *
 * How many processors this process may use: those that it is bound to, and no more than
 * its container's share of processor time is worth. Tested in
 * tests/base/test_processors.c.
 */
#ifndef VQ_BASE_PROCESSORS_H
#define VQ_BASE_PROCESSORS_H

#include <stdbool.h>

/* At least 1. A share of 1.5 processors counts as two. root as below. */
int processors_available(const char *root);

/* Processors that the process is bound to (its affinity); at least 1. */
int processors_bound(void);

/*
 * The share of processor time, in processors, that control groups grant: the smallest
 * of the process's own group and those above it; 0: no limit. root: "" for this system,
 * or where a tree like it begins, with proc/self/cgroup, proc/self/mountinfo and what
 * they name. Anything that cannot be read limits nothing.
 *   version 2: cpu.max, "QUOTA PERIOD" or "max PERIOD"
 *   version 1: cpu.cfs_quota_us, -1 for none, and cpu.cfs_period_us
 * Source: the kernel's Documentation/admin-guide/cgroup-v2.rst,
 * scheduler/sched-bwc.rst.
 */
double processors_quota(const char *root);

#endif
