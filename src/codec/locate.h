/*
 * SPDX-License-Identifier: MIT
 *
 * Which file is meant where a model is asked for. Tested in tests/codec/test_locate.c.
 */
#ifndef VQ_CODEC_LOCATE_H
#define VQ_CODEC_LOCATE_H

#include "io/safetensors.h"
#include "network/builtin.h"

/*
 * What `given` names, or where it is NULL $VQVAE_MODEL, or where that is not set
 * "cifar10": the name of a built-in model, which *box then is, with path its title;
 * else, *box being NULL, a file, a run folder, whose model is meant, or "latest", which
 * is runs/latest. Names come before files: ./photo is a file. VQ_EIO: a folder without
 * a model.
 */
vq_status locate_model(char path[VQ_PATH_MAX], const builtin **box, const char *given,
                       vq_error *err);

/* Read the model file that `given` names; path is for messages. VQ_EIO, VQ_EINPUT. */
vq_status locate_read(st_file *f, char path[VQ_PATH_MAX], const char *given,
                      vq_error *err);

/*
 * The name that stands for a model in the settings of a run, from any folder: of a
 * built-in model its own, else an absolute path, where it can be found. Changes
 * `given`. VQ_EIO, VQ_ENOMEM.
 */
vq_status locate_settle(char given[VQ_PATH_MAX], vq_error *err);

#endif
