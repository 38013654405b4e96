/*
 * SPDX-License-Identifier: MIT
 *
 * The files that a folder of ours holds by their names: a pipe in the place of one
 * would have whoever opens it wait for its writer. What the user names is not looked at
 * so: it may well be a pipe. Tested in tests/base/test_regular.c.
 */
#ifndef VQ_BASE_REGULAR_H
#define VQ_BASE_REGULAR_H

#include "base/status.h"

/*
 * VQ_EINPUT: what lies at path is neither a regular file nor a folder. VQ_OK also where
 * nothing does: whoever opens it says so.
 */
vq_status regular_check(const char *path, vq_error *err);

/* That, and then file_read. */
vq_status regular_read(const char *path, size_t max, unsigned char **data, size_t *size,
                       vq_error *err);

#endif
