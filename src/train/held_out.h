/*
 * SPDX-License-Identifier: MIT
 *
 * How well a training does on pictures that it does not see: a few fixed crops of the
 * test split, the same whatever the run, its threads and its resuming. Nothing of it
 * touches what is trained. Tested in tests/train/test_held_out.c.
 */
#ifndef VQ_TRAIN_HELD_OUT_H
#define VQ_TRAIN_HELD_OUT_H

#include "codec/codec.h"
#include "data/dataset.h"

enum {
    HELD_OUT_CROPS = 64, /* that are measured, less where they are large, */
    HELD_OUT_SHOWN = 16, /* and of those that are shown */
    HELD_OUT_TEXT_MAX = 352
};

typedef struct held_out {
    int64_t pictures; /* of the split; 0: there is none, and the crops are of the
                         pictures that are trained on, to be shown alone */
    int n, side;
    unsigned char *rgb;  /* [n,side,side,3], owned */
    unsigned char *made; /* the same, reconstructed */
    int32_t *index;      /* [n, codes], owned */
    int shown[HELD_OUT_SHOWN], n_shown;
    int64_t every; /* steps between two figures */
    double psnr;   /* dB; NaN: not known */
    codec codec;
    char found[HELD_OUT_TEXT_MAX]; /* how many pictures there are, for the user */
} held_out;

/* Take the crops. The test split's pictures that cannot be used are left out.
 * VQ_ENOMEM, VQ_ESTOPPED; VQ_EIO, VQ_EINPUT: of the pictures trained on. */
vq_status held_out_open(held_out *h, const vq_config *config, const dataset *train,
                        data_watch watch, void *user, vq_error *err);

/* The network to measure; borrowed. VQ_ENOMEM. */
vq_status held_out_ready(held_out *h, const network *net, int threads, vq_error *err);
void held_out_close(held_out *h); /* legal on a zeroed or closed one */

/*
 * h->psnr of the network as it is now, by the nearest codes: of the mean squared error
 * of clamped and rounded 8-bit pixels, as `eval` has it. Where that would take more
 * than a hundredth of the training, only every h->every steps and at the last one; it
 * is NaN in between. VQ_ENOMEM.
 */
vq_status held_out_measure(held_out *h, int64_t step, bool last, vq_error *err);

/* Reconstruct all crops into h->made. VQ_ENOMEM. */
vq_status held_out_reconstruct(held_out *h, vq_error *err);

#endif
