/* SPDX-License-Identifier: MIT */
#include "codec/trained.h"

#include <stdio.h>
#include <stdlib.h>

#include "tiny.h"

trained *trained_open(const char *preset, int downsample)
{
    trained *t = calloc(1, sizeof *t);
    vq_error err;
    support_folder_make(t->folder);
    tiny_data(t->folder, 20, t->data);
    vq_config c = tiny_config(preset);
    c.steps = 3;
    c.downsample = downsample;
    snprintf(c.data, sizeof c.data, "%s", t->data);
    snprintf(c.out, sizeof c.out, "%s/run", t->folder);
    assert_ok(vq_train(&c, NULL, NULL, &err), &err);
    snprintf(t->model_path, sizeof t->model_path, "%s/model.safetensors", c.out);
    assert_ok(vq_model_open(&t->model, t->model_path, &err), &err);
    return t;
}

void trained_close(trained *t)
{
    vq_model_close(t->model);
    support_folder_remove(t->folder);
    free(t);
}
