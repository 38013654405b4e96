/*
 * SPDX-License-Identifier: MIT
 *
 * Which file is meant where a model is asked for. Tested in tests/codec/test_locate.c.
 */
#ifndef VQ_CODEC_LOCATE_H
#define VQ_CODEC_LOCATE_H

#include "base/status.h"

/*
 * The path of the model file that `given` names, a file or a run folder; where it is
 * NULL, what $VQVAE_MODEL names, else runs/latest where there is one, else "", which is
 * the model in the box. VQ_EIO: a folder without a model.
 */
vq_status locate_model(char path[VQ_PATH_MAX], const char *given, vq_error *err);

#endif
