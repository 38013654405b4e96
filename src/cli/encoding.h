/*
 * SPDX-License-Identifier: MIT
 *
 * The encoding of a data set as a command runs it: progress on stderr, and signals that
 * stop it with what is done kept. Tested in tests/cli/test_cmd_encode.c.
 */
#ifndef VQ_CLI_ENCODING_H
#define VQ_CLI_ENCODING_H

#include "cli/options.h"

/* vq_encode_set; says at the end what it wrote, and at a stop how to go on. */
vq_status encoding_run(const args *a, vq_model *model, const vq_token_set *set,
                       vq_error *err);

#endif
