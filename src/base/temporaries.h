/*
 * SPDX-License-Identifier: MIT
 *
 * The names of files being written, so that they can be removed on the ways out that
 * skip every cleanup: a signal handler that ends the process, and the next run after a
 * kill -9. Implements vq_remove_temporaries.
 *
 * The list is the library's one mutable global: a signal handler has nowhere else to
 * look. Tested in tests/base/test_temporaries.c.
 */
#ifndef VQ_BASE_TEMPORARIES_H
#define VQ_BASE_TEMPORARIES_H

#include "base/status.h"

#define TEMPORARY_PATH_MAX (VQ_PATH_MAX + 40)

/*
 * Choose a name beside `path`, ".vqvae-PID-RANDOM", that nobody can predict, and note
 * it before it is made. Returns a slot; -1, with errno, when there is no randomness, or
 * no place on the list (EMFILE).
 */
int temporary_name(const char *path, char name[TEMPORARY_PATH_MAX]);
void temporary_forget(int slot); /* renamed or removed; legal on -1 */

/*
 * Remove from a folder the temporaries of processes that are no more. Silent about
 * what cannot be removed.
 */
void temporaries_remove_stale(const char *folder);

#endif
