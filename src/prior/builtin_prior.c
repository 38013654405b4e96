/* SPDX-License-Identifier: MIT */
#include "prior/builtin_prior.h"

#include <string.h>

#include "base/embed.h"

EMBED(builtin_prior, "data/prior.safetensors");
EMBED(builtin_photo_prior, "data/photo-prior.safetensors");

static const builtin priors[] = {
    {"builtin", "built-in prior", builtin_prior, builtin_prior_end},
    {"photo", "photo prior (built in)", builtin_photo_prior, builtin_photo_prior_end},
};

enum { N_PRIORS = sizeof priors / sizeof *priors };

const builtin *builtin_prior_at(int i)
{
    return i >= 0 && i < N_PRIORS ? &priors[i] : NULL;
}

const builtin *builtin_prior_find(const char *name)
{
    for (int i = 0; i < N_PRIORS; i++)
        if (strcmp(priors[i].name, name) == 0)
            return &priors[i];
    return NULL;
}
