/*
 * SPDX-License-Identifier: MIT
 *
 * Options by what they are about, so that help need not show sixty in a row. Implements
 * vq_option_group.
 */
#include <string.h>

#include "config/fields.h"

static const struct group {
    const char *name;
    const char *options[24]; /* ended by NULL */
} groups[] = {
    {"first",
     {"data", "model", "out", "steps", "time-budget", "crop", "downsample", "levels",
      "codes", "lr", "resume", NULL}},
    {"data",
     {"data-dir", "cache", "skip-bad", "flip", "shift", "order", "batches",
      "validation", "refine", NULL}},
    {"model",
     {"preset", "init", "hidden", "res-hidden", "res-layers", "residual-skip",
      "tie-residual", "decoder-first", "input-scale", "width", "depth", "first-kernel",
      "kernel", "head", "unconditional", "nameless", NULL}},
    {"codebook",
     {"codebook", "code-dim", "fsq-levels", "heads", "cosine", "rotation-trick",
      "init-codes", "code-init", "revive", "ema-decay", "ema-rule", "beta", "beta-on",
      NULL}},
    {"optimizer",
     {"epochs", "batch-size", "optimizer", "schedule", "warmup", "lr-end", "lr-every",
      "lr-factor", "weight-decay", "clip", "weight-ema", "dropout", "loss",
      "recon-variance", "refine-share", "seed", "precision", "kernels", NULL}},
    {"output", {"log-every", "sample-every", "save-every", "force", "threads", NULL}},
};

const char *vq_option_group(const char *option)
{
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
        for (const char *const *o = groups[g].options; *o; o++)
            if (strcmp(*o, option) == 0)
                return groups[g].name;
    return NULL;
}
