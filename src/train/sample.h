/*
 * SPDX-License-Identifier: MIT
 *
 * Sample pictures of a training: originals above their reconstructions. Of pictures
 * larger than a sample, the centre.
 * Tested in tests/train/test_trainer.c.
 */
#ifndef VQ_TRAIN_SAMPLE_H
#define VQ_TRAIN_SAMPLE_H

#include "base/status.h"
#include "codec/codec.h"
#include "data/dataset.h"

#define SAMPLE_IMAGES 12

typedef struct sample {
    codec codec;
    int n;
    int side;            /* pixels of each */
    unsigned char *rgb;  /* [n,side,side,3], owned */
    unsigned char *made; /* [n,side,side,3], owned: the reconstructions */
    int32_t *index;      /* [n, codes], owned */
} sample;

/* Take the first images of the test split, or of `train` where there is none. */
vq_status sample_init(sample *s, const network *net, const vq_config *config,
                      const dataset *train, vq_error *err);
void sample_release(sample *s);

/* Reconstruct them with the network as it is now; 32x32 ones three times their size. */
vq_status sample_write(sample *s, const char *png_path, vq_error *err);

#endif
