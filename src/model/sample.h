/*
 * SPDX-License-Identifier: MIT
 *
 * Sample pictures of a training: originals above their reconstructions.
 * Tested in tests/model/test_trainer.c.
 */
#ifndef VQ_MODEL_SAMPLE_H
#define VQ_MODEL_SAMPLE_H

#include "base/status.h"
#include "data/dataset.h"
#include "model/codec.h"

#define SAMPLE_IMAGES 12

typedef struct sample {
    codec codec;
    int n;
    unsigned char *rgb; /* [n,32,32,3], owned */
} sample;

/* Take the first images of the test split, or of `train` where there is none. */
vq_status sample_init(sample *s, const network *net, const vq_config *config,
                      const dataset *train, vq_error *err);
void sample_release(sample *s);

/* Reconstruct them with the network as it is now, three times their size. */
vq_status sample_write(sample *s, const char *png_path, vq_error *err);

#endif
