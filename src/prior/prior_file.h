/*
 * SPDX-License-Identifier: MIT
 *
 * Prior files: the network's tensors as safetensors under the names of the public
 * PixelCNN, whole kernels with zeros where the mask is. Sizes are read off the shapes;
 * metadata adds what shapes do not tell, and files from PyTorch have none.
 * Tested in tests/prior/test_prior_file.c.
 */
#ifndef VQ_PRIOR_PRIOR_FILE_H
#define VQ_PRIOR_PRIOR_FILE_H

#include "io/safetensors.h"
#include "prior/pixelcnn.h"

enum { PRIOR_NAMES_MAX = 4096 };

/* What a prior knows besides its values. */
typedef struct prior_facts {
    uint64_t model; /* fingerprint of the VQ-VAE whose codes it knows; 0: unknown */
    int h, w;       /* the grid it was trained on; 0: unknown */
    bool nameless;  /* the last class stands for pictures without one */
    char classes[PRIOR_NAMES_MAX]; /* their names, a comma between; empty: unknown */
    int64_t step;
    double nats; /* a code of the validation split; 0: unknown */
} prior_facts;

/* VQ_EIO, VQ_ENOMEM. half: F16 instead of F32; VQ_EINPUT: a value it cannot hold. */
vq_status prior_save(const pixelcnn *net, const prior_facts *facts, bool half,
                     const char *path, vq_error *err);

/*
 * Make a network of the sizes that the file's shapes tell, and fill it. What lies under
 * a mask is not looked at. `name` is for messages. VQ_EINPUT: a tensor that is missing,
 * unknown or of another shape, a value that is not finite, metadata that is no number.
 */
vq_status prior_load(pixelcnn *net, prior_facts *facts, const st_file *f,
                     const char *name, vq_error *err);

#endif
