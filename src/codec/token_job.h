/*
 * SPDX-License-Identifier: MIT
 *
 * What the encoding of a data set depends on, so that no other one is taken for its
 * beginning. Tested in tests/codec/test_token_set.c.
 */
#ifndef VQ_CODEC_TOKEN_JOB_H
#define VQ_CODEC_TOKEN_JOB_H

#include "codec/model.h"
#include "data/dataset.h"

/* One number for the model, its refinement, this program's version, and the pictures:
 * their order, names, labels and sizes. */
uint64_t token_job(vq_model *m, const dataset *ds);

/*
 * Note in the file at path that this job is under way, until it is removed; *resumed:
 * it was so noted before. VQ_EUSAGE: it was, and `resume` is false; VQ_EINPUT: another
 * job was; VQ_EIO; VQ_ENOMEM.
 */
vq_status token_job_claim(const char *path, uint64_t job, vq_codes_format format,
                          bool resume, bool *resumed, vq_error *err);

#endif
