/*
 * SPDX-License-Identifier: MIT
 *
 * A folder with a tiny model that has seen a few steps: what the calls of a vq_model
 * are tested on.
 */
#ifndef VQ_TESTS_CODEC_TRAINED_H
#define VQ_TESTS_CODEC_TRAINED_H

#include "support.h"

typedef struct trained {
    char folder[256], data[300]; /* data: tiny_data of 20 pictures */
    char model_path[VQ_PATH_MAX + 32];
    vq_model *model;
} trained;

trained *trained_open(const char *preset, int downsample);
void trained_close(trained *t);

#endif
