/*
 * SPDX-License-Identifier: MIT
 *
 * The encoding of a data set as a command runs it: progress on stderr, signals that
 * stop it with what is done kept, and at the end a line of bytes in and out. Tested in
 * tests/cli/test_cmd_encode.c.
 */
#ifndef VQ_CLI_ENCODING_H
#define VQ_CLI_ENCODING_H

#include "cli/options.h"

/* vq_encode_set; says at a stop how to go on. */
vq_status encoding_run(const args *a, vq_model *model, const vq_token_set *set,
                       vq_error *err);

/*
 * Say what the operands came to: "in.png: 46,123 bytes -> c.vqt: 1,132 bytes, 0.5625
 * bits a pixel". Nothing where it is not known how many bytes were written.
 */
void encoding_note(const args *a, const char *output, const vq_token_sums *sums);

/* Bytes of a file; 0: it is none, but a pipe, say. */
int64_t encoding_file_bytes(const char *path);

#endif
