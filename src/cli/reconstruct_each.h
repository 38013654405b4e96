/*
 * SPDX-License-Identifier: MIT
 *
 * Several pictures reconstructed into a folder, each under its own name. Tested in
 * tests/cli/test_cmd_reconstruct.c.
 */
#ifndef VQ_CLI_RECONSTRUCT_EACH_H
#define VQ_CLI_RECONSTRUCT_EACH_H

#include "cli/cli.h"

/* Print how good a reconstruction is; `out`, unless it is NULL, says which. */
vq_status reconstruct_print(FILE *stream, bool json, const char *out,
                            const vq_quality *q, vq_error *err);

/*
 * Reconstruct the operands in their order into folder/NAME.png. One that fails is told
 * on stderr, and the others go on; the status is then that of the first.
 * VQ_EUSAGE, before anything is done: two would become one file, or one would be
 * written over; VQ_EIO: the folder cannot be made.
 */
vq_status reconstruct_each(const args *a, const char *folder, vq_error *err);

#endif
