/*
 * SPDX-License-Identifier: MIT
 *
 * A picture's file on its way into a page: beside the page that is to be written, where
 * a signal takes it away as it does any unfinished file.
 */
#ifndef VQ_REPORT_SCRATCH_H
#define VQ_REPORT_SCRATCH_H

#include "base/temporaries.h"

typedef struct scratch {
    char path[TEMPORARY_PATH_MAX]; /* empty: there is none */
    int slot;                      /* of the temporary */
} scratch;

/* Choose a name beside the page `out`, or in /tmp for "-"; makes nothing. VQ_EIO. */
vq_status scratch_name(scratch *s, const char *out, vq_error *err);
void scratch_drop(scratch *s); /* remove it; legal on a zeroed one */

#endif
