/* SPDX-License-Identifier: MIT */
#include "config/presets.h"

#include <string.h>

const vq_config preset_base = {
    .hidden = 128,
    .res_hidden = 32,
    .res_layers = 2,
    .downsample = 4,
    .codes = 512,
    .code_dim = 64,
    .fsq_levels = "8,8,8",
    .levels = 1,
    .heads = 1,
    .beta = 0.25,
    .ema_decay = 0.99,
    .lr = 3e-4,
    .lr_every = 0.3,
    .lr_factor = 0.1,
    .batch_size = 32,
    .crop = 32,
    .steps = 10000,
    .seed = 1,
    .preset = "sonnet",
    .data = "shapes",
    .data_dir = "data",
    .cache = (int64_t)2 << 30,
    .log_every = 100,
    .sample_every = 1000,
    .save_every = 1000,
};

static const struct preset {
    const char *name;
    const char *settings[24]; /* name, value, name, value ... NULL */
} presets[] = {
    {"best",
     {"lr", "2e-3", "schedule", "cosine", "warmup", "200", "revive", "10", "beta", "1",
      "ema-decay", "0.95", NULL}},
    {"sonnet", {NULL}},
    {"zalando",
     {"batch-size", "256", "steps", "15000", "lr", "1e-3", "residual-skip", "relu",
      "recon-variance", "unit", "ema-rule", "smoothed", "code-init", "normal",
      "batches", "fresh", NULL}},
    {"mishalaskin",
     {"steps",
      "5000",
      "optimizer",
      "amsgrad",
      "input-scale",
      "one",
      "recon-variance",
      "unit",
      "residual-skip",
      "relu",
      "tie-residual",
      "yes",
      "beta-on",
      "codebook",
      "codebook",
      "gradient",
      "code-init",
      "fan-k",
      "decoder-first",
      "convt",
      "batches",
      "fresh",
      NULL}},
    {"paper",
     {"batch-size", "128", "steps", "250000", "lr", "2e-4", "hidden", "256",
      "res-hidden", "256", "codebook", "gradient", "code-init", "fan-k", NULL}},
};

const char *const *preset_settings(const char *name)
{
    for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++)
        if (strcmp(presets[i].name, name) == 0)
            return presets[i].settings;
    return NULL;
}
