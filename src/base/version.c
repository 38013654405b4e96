/* SPDX-License-Identifier: MIT */
#include "base/status.h"

#ifndef VQ_COMMIT
#define VQ_COMMIT ""
#endif

/* The array is longer than 1 where the build knows its commit. */
const char *vq_version(void)
{
    return sizeof VQ_COMMIT > 1 ? VQ_VERSION " (" VQ_COMMIT ")" : VQ_VERSION;
}
