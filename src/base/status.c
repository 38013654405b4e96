/* SPDX-License-Identifier: MIT */
#include "base/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static const struct {
    int exit_code;
    const char *text;
} status_table[] = {
#define X(name, code, text) [name] = {code, text},
    VQ_STATUS_MAP(X)
#undef X
};

int vq_exit_code(vq_status status)
{
    return status_table[status].exit_code;
}

const char *vq_status_text(vq_status status)
{
    return status_table[status].text;
}

vq_status vq_fail(vq_error *err, vq_status status, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        vsnprintf(err->message, sizeof err->message, format, args);
        va_end(args);
    }
    return status;
}

vq_status vq_status_of(int reason)
{
    return reason == ENOMEM  ? VQ_ENOMEM
           : reason == EINTR ? VQ_ESTOPPED /* fd_open */
                             : VQ_EIO;
}

vq_status vq_fail_memory(vq_error *err, size_t bytes)
{
    return vq_fail(err, VQ_ENOMEM, "out of memory: cannot allocate %zu bytes", bytes);
}
