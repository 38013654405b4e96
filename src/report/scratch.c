/* SPDX-License-Identifier: MIT */
#include "report/scratch.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

vq_status scratch_name(scratch *s, const char *out, vq_error *err)
{
    s->slot = temporary_name(strcmp(out, "-") == 0 ? "/tmp/-" : out, s->path);
    if (s->slot >= 0)
        return VQ_OK;
    s->path[0] = '\0';
    return vq_fail(err, VQ_EIO, "cannot name a picture beside '%s': %s", out,
                   strerror(errno));
}

void scratch_drop(scratch *s)
{
    if (!s->path[0])
        return;
    unlink(s->path);
    temporary_forget(s->slot);
    s->path[0] = '\0';
}
