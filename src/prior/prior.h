/*
 * SPDX-License-Identifier: MIT
 *
 * What a vq_prior is, for the files that implement its calls: prior.c opens and
 * describes, prior_sample.c draws, prior_codes.c scores, writes and reads codes.
 * Tested in tests/prior/test_prior.c.
 */
#ifndef VQ_PRIOR_PRIOR_H
#define VQ_PRIOR_PRIOR_H

#include "io/safetensors.h"
#include "prior/columns.h"
#include "prior/prior_file.h"

struct vq_prior {
    char source[VQ_PATH_MAX];
    pixelcnn net;
    prior_facts facts;
    uint64_t fingerprint; /* 0 until it is asked for */
    columns_net columns;  /* made when first needed: columns.net is NULL before */
    int threads;
};

/* The packed weights, made on first use; borrowed until close. VQ_ENOMEM. */
vq_status prior_columns(vq_prior *p, const columns_net **cn, vq_error *err);

uint64_t prior_fingerprint(vq_prior *p);

/* Classes that have names or numbers: all but the one that stands for none. */
int prior_classes(const vq_prior *p);

/* Are these the codes of the prior's model, as far as both say? VQ_EINPUT. */
vq_status prior_check_codes(vq_prior *p, const vq_codes *codes, vq_error *err);

#endif
