/*
 * SPDX-License-Identifier: MIT
 *
 * What a path leads to. That nothing is there is one answer, that the system cannot
 * tell is another, and never taken for the first. Tested in tests/base/test_path.c.
 */
#ifndef VQ_BASE_PATH_H
#define VQ_BASE_PATH_H

#include "base/status.h"

/* Is anything there? VQ_EIO: it cannot be told (EIO, EACCES). */
vq_status path_look(const char *path, bool *there, vq_error *err);

/*
 * Where path leads to, absolute and without links; path itself where nothing is there,
 * as behind a dangling link. False, with errno: it cannot be told, or is too long for
 * `to`.
 */
bool path_follow(char to[VQ_PATH_MAX], const char *path);

/* Are both there, and one and the same, by whatever names or links? */
bool path_same(const char *a, const char *b);

/* The last part of a path, and the folder that it lies in, as a path that ends in "."
 */
const char *path_split(const char *path, char folder[VQ_PATH_MAX]);

/* VQ_EUSAGE where what is written to `out` would take the place of `path`, a file that
 * is read. */
vq_status path_check_kept(const char *path, const char *out, vq_error *err);

/* Replace path by where it leads to, unless that is too long. VQ_EIO, VQ_ENOMEM. */
vq_status path_settle(char path[VQ_PATH_MAX], vq_error *err);

#endif
