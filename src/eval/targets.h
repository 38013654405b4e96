/*
 * SPDX-License-Identifier: MIT
 *
 * The files that an evaluation writes: whether they can be written, and that they are
 * none of the data, today or the next time. Tested in tests/eval/test_eval_faults.c and
 * tests/cli/test_cmd_outputs.c.
 */
#ifndef VQ_EVAL_TARGETS_H
#define VQ_EVAL_TARGETS_H

#include "data/dataset.h"

/* Can the pictures be written? VQ_EUSAGE, VQ_EIO. */
vq_status targets_check(const vq_eval_pictures *pictures, vq_error *err);

/* VQ_EUSAGE where one of the files is a picture of the data, opened as `data`, or where
 * it would be one, in a folder of pictures. */
vq_status targets_check_apart(const vq_eval_pictures *pictures, const dataset *ds,
                              const char *data, vq_error *err);

#endif
