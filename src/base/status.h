/*
 * SPDX-License-Identifier: MIT
 *
 * How functions report failure: the leaf that fails writes the one message, everybody
 * above forwards the status to a single `out:` label. Tested in
 * tests/base/test_status.c.
 */
#ifndef VQ_BASE_STATUS_H
#define VQ_BASE_STATUS_H

#include "base/machine.h"
#include "vqvae.h"

/* Forward a failure: needs `vq_status status` and a label `out` in scope. */
#define TRY(expr)                                                                      \
    do {                                                                               \
        if ((status = (expr)) != VQ_OK)                                                \
            goto out;                                                                  \
    } while (0)

/* Write err->message (err may be NULL) printf-style and return status. */
vq_status vq_fail(vq_error *err, vq_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What an errno of opening something is: VQ_ENOMEM or VQ_EIO. */
vq_status vq_status_of(int reason);

/* vq_fail(VQ_ENOMEM, ...) with the size that was asked for. */
vq_status vq_fail_memory(vq_error *err, size_t bytes);

#endif
