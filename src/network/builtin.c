/* SPDX-License-Identifier: MIT */
#include "network/builtin.h"

#include <string.h>

#include "base/embed.h"

EMBED(builtin_cifar10, "data/cifar10.safetensors");
EMBED(builtin_photo, "data/photo.safetensors");

const builtin builtin_models[] = {
    {"cifar10", "cifar10 (built in)", builtin_cifar10, builtin_cifar10_end},
    {"photo", "photo (built in)", builtin_photo, builtin_photo_end},
    {0},
};

enum { N_MODELS = sizeof builtin_models / sizeof *builtin_models - 1 };

const builtin *builtin_at(int i)
{
    return i >= 0 && i < N_MODELS ? &builtin_models[i] : NULL;
}

const builtin *builtin_find(const builtin *list, const char *name)
{
    for (; list->name; list++)
        if (strcmp(list->name, name) == 0)
            return list;
    return NULL;
}
