/*
 * SPDX-License-Identifier: MIT
 *
 * What a vq_model is, for the files that implement its calls.
 */
#ifndef VQ_CODEC_MODEL_H
#define VQ_CODEC_MODEL_H

#include "codec/codec.h"
#include "io/safetensors.h"
#include "network/network.h"
#include "network/weights.h"

struct vq_model {
    char source[VQ_PATH_MAX];
    st_file file; /* the names, shapes and metadata as they were */
    network net;
    train_facts facts;
    weights_identity identity; /* all 0 until it is asked for */
    codec codec;               /* made when first needed: codec.net is NULL before */
    int threads;
    int passes; /* of refinement */
    codec_watch watch;
};

/* Codes of n images of that size, whatever their depth. */
double model_codes(const vq_model *m, int64_t n, int height, int width);

/*
 * A call begins that encodes (with refinement) and decodes so many codes: tell the
 * watch how much work that is.
 */
void model_begin(vq_model *m, double encoded, double decoded);

/* The model's codec, made on first use; borrowed until close or a change of threads. */
vq_status model_codec(vq_model *m, codec **c, vq_error *err);

/* As vq_encode, for codes that stay here: the model's fingerprint is left out, which
 * takes 1 ms, a tenth of what a small picture takes. */
vq_status model_encode(vq_model *m, const vq_image *images, int n, vq_codes *codes,
                       vq_error *err);

/* Keep the left `width` pixels of each row, moved together; RGB bytes, in place. */
void model_crop_rows(unsigned char *rgb, int rows, int width, int full_width);

#endif
