/* SPDX-License-Identifier: MIT */
#include "prior/builtin_prior.h"

#include "base/embed.h"

EMBED(builtin_prior, "data/prior.safetensors");
EMBED(builtin_photo_prior, "data/photo-prior.safetensors");

const builtin builtin_priors[] = {
    {"builtin", "built-in prior", builtin_prior, builtin_prior_end},
    {"photo", "photo prior (built in)", builtin_photo_prior, builtin_photo_prior_end},
    {0},
};
