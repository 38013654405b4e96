/*
 * SPDX-License-Identifier: MIT
 *
 * Model files: a network's tensors as safetensors, with its configuration and training
 * facts as metadata. Files from PyTorch have no metadata: their architecture is read
 * off the names and shapes, and the rest is the preset that the names belong to. Tested
 * in tests/network/test_weights.c.
 */
#ifndef VQ_NETWORK_WEIGHTS_H
#define VQ_NETWORK_WEIGHTS_H

#include "base/status.h"
#include "config/fields.h"
#include "io/safetensors.h"
#include "network/network.h"

/* What training leaves in the metadata besides the configuration. */
typedef struct train_facts {
    double variance; /* of the training pixels / 255; 0: unknown */
    int64_t step;
    double nmse, perplexity; /* means over the last log interval; 0: unknown */
} train_facts;

/*
 * Write the network of a run. EMA sums are written as zalando stores them: counts and
 * sums that give the codebook; ema_step debiases them. half: F16 instead of F32.
 */
vq_status weights_save(const network *net, const train_facts *facts, int64_t ema_step,
                       bool half, const char *path, vq_error *err);

/*
 * What a model is known as. Codes carry the fingerprint of the model that made them; a
 * copy at half the size has other values, and keeps the fingerprint of its origin as
 * long as its values are those that were written with it.
 */
typedef struct weights_identity {
    uint64_t fingerprint; /* 0: the file names none, its own values tell */
    uint64_t values;      /* fingerprint of the values beside it */
} weights_identity;

/* FNV-1a, 64 bits, over the values of every saved parameter in model order, as they are
 * or as they come back from a file at half the size. Never 0. */
uint64_t weights_fingerprint(const network *net, bool half);

weights_identity weights_read_identity(const st_file *f);

/*
 * As weights_save, of a model that was opened: with an identity, unless its fingerprint
 * is that of its values. EMA sums of net are debiased already, as those from a file
 * are.
 */
vq_status weights_export(const network *net, const train_facts *facts,
                         const weights_identity *identity, bool half, const char *path,
                         vq_error *err);

/* The configuration of a file's model: of our metadata, else of the preset that the
 * names belong to, with the sizes that the shapes tell. */
vq_status weights_read_config(vq_config *config, const st_file *f, const char *name,
                              vq_error *err);

/*
 * Give config the architecture of a file's model. Of a file without our metadata that
 * is what names and shapes tell: config's own levels and heads tell how to read them.
 */
vq_status weights_take_architecture(vq_config *config, const st_file *f,
                                    const char *name, vq_error *err);

/* Make a network of the architecture that the file says, and fill it. */
vq_status weights_load(network *net, train_facts *facts, const st_file *f,
                       const char *name, vq_error *err);

/*
 * Fill an existing network from a file: every tensor of the network must be there with
 * its shape, and no other. *has_ema tells whether the EMA sums came with it and are in
 * use; without them they stay as they are. Used by --init.
 */
vq_status weights_fill(network *net, const st_file *f, const char *name, bool *has_ema,
                       vq_error *err);

/* Is this field metadata of models? False for what belongs to a run only. */
bool weights_in_metadata(const char *key, config_part part);

#endif
