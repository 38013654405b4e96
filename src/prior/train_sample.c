/*
 * SPDX-License-Identifier: MIT
 *
 * The pictures that a training leaves behind: 64 draws of the weights it would keep, a
 * row for each class as far as there are rows, always from the same coins.
 */
#include <stdlib.h>

#include "prior/draw.h"
#include "prior/learner.h"

enum { SAMPLES = 64, COLUMNS = 8, GAP = 2 };

static vq_status draw_codes(prior_trainer *t, vq_codes *codes, vq_error *err)
{
    vq_status status;
    columns_net cn = {0};
    pixelcnn net = t->net;
    int label[SAMPLES];
    net.p.value = (float *)(t->average ? t->average : t->net.p.value);
    const int classes = net.shape.classes, named = t->corpus.classes;
    for (int i = 0; i < SAMPLES; i++)
        label[i] = classes == 0 ? 0 : named == 0 ? classes - 1 : i / COLUMNS % named;
    drawing d = {.n = SAMPLES,
                 .h = t->corpus.h,
                 .w = t->corpus.w,
                 .label = label,
                 .cuts = {.temperature = 1, .top_p = 1},
                 .seed = t->config.training.seed,
                 .threads = t->config.training.threads};
    TRY(columns_net_init(&cn, &net, err));
    TRY(prior_draw(&cn, &d, codes->index, err));
out:
    columns_net_release(&cn);
    return status;
}

vq_status prior_trainer_sample(void *self, const char *png_path, vq_error *err)
{
    prior_trainer *t = self;
    vq_status status;
    vq_image images[SAMPLES] = {{0}}, sheet = {0};
    vq_codes codes = {.n = SAMPLES,
                      .h = t->corpus.h,
                      .w = t->corpus.w,
                      .k = t->corpus.k,
                      .depth = t->corpus.n_books};
    size_t count = (size_t)SAMPLES * (size_t)(codes.h * codes.w * codes.depth);
    codes.index = malloc(count * sizeof *codes.index);
    if (!codes.index)
        return vq_fail_memory(err, count * sizeof *codes.index);
    TRY(draw_codes(t, &codes, err));
    TRY(vq_decode_many(t->model, &codes, 0, SAMPLES, images, err));
    TRY(vq_image_grid(&sheet, images, SAMPLES, COLUMNS, GAP, err));
    TRY(vq_image_write(&sheet, png_path, err));
out:
    for (int i = 0; i < SAMPLES; i++)
        vq_image_release(&images[i]);
    vq_image_release(&sheet);
    vq_codes_release(&codes);
    return status;
}
