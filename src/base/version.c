/* SPDX-License-Identifier: MIT */
#include "base/version.h"

#include <stdio.h>
#include <string.h>

#ifndef VQ_COMMIT
#define VQ_COMMIT ""
#endif

/* The text is longer than its end where the build knows its commit. */
const char *vq_version(void)
{
    return sizeof VQ_COMMIT > 1 ? VQ_VERSION " (" VQ_COMMIT ")" : VQ_VERSION;
}

bool version_is_newer(const char *version)
{
    int its[3] = {0}, own[3] = {0};
    if (!version || sscanf(version, "%6d.%6d.%6d", &its[0], &its[1], &its[2]) < 2)
        return false;
    sscanf(VQ_VERSION, "%6d.%6d.%6d", &own[0], &own[1], &own[2]);
    for (int i = 0; i < 3; i++)
        if (its[i] != own[i])
            return its[i] > own[i];
    return false;
}

vq_status version_explain(vq_status status, const char *version, vq_error *err)
{
    if (status != VQ_EINPUT || !err || !version_is_newer(version))
        return status;
    const size_t n = strlen(err->message);
    snprintf(err->message + n, sizeof err->message - n,
             "; it was made by a newer version, vqvae %.24s, and this is " VQ_VERSION,
             version);
    return status;
}
