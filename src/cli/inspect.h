/*
 * SPDX-License-Identifier: MIT
 *
 * What inspect shows of each kind of file that the program writes, for people or, with
 * json, as one object. All fail as reading the file does. Tested in
 * tests/cli/test_cmd_inspect.c.
 */
#ifndef VQ_CLI_INSPECT_H
#define VQ_CLI_INSPECT_H

#include "cli/cli.h"

/* inspect_model.c; path NULL: the model that is used where none is named. */
vq_status inspect_model(const char *path, bool json, vq_error *err);

/* ---- inspect_files.c ---- */

vq_status inspect_codes(const char *path, bool json, vq_error *err);
vq_status inspect_picture(const char *path, bool json, vq_error *err);

vq_status inspect_prior(const char *path, bool json, vq_error *err);

/* Tensors: of a checkpoint, of a prior, else of a model. */
vq_status inspect_tensors(const char *path, bool json, vq_error *err);

/* ---- inspect_run.c: config.json, log.jsonl, and the folder of both ---- */

vq_status inspect_config(const char *path, bool json, vq_error *err);
vq_status inspect_log(const char *path, bool json, vq_error *err);
vq_status inspect_run(const char *folder, bool json, vq_error *err);

/* ---- inspect_show.c ---- */

/*
 * Print an object and release it: as JSON, or a line a member, and a heading with a
 * line a member for an object in it. NULL is "out of memory".
 */
vq_status inspect_show(json_t *object, bool json, vq_error *err);

/* A string as it is, or with \xNN for its bytes where it is not UTF-8. */
json_t *inspect_text(const char *text);

#endif
