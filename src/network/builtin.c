/* SPDX-License-Identifier: MIT */
#include "network/builtin.h"

#include <string.h>

#include "base/embed.h"

EMBED(builtin_cifar10, "data/cifar10.safetensors");
EMBED(builtin_photo, "data/photo.safetensors");

static const builtin models[] = {
    {"cifar10", "cifar10 (built in)", builtin_cifar10, builtin_cifar10_end},
    {"photo", "photo (built in)", builtin_photo, builtin_photo_end},
};

enum { N_MODELS = sizeof models / sizeof *models };

const builtin *builtin_at(int i)
{
    return i >= 0 && i < N_MODELS ? &models[i] : NULL;
}

const builtin *builtin_find(const char *name)
{
    for (int i = 0; i < N_MODELS; i++)
        if (strcmp(models[i].name, name) == 0)
            return &models[i];
    return NULL;
}
