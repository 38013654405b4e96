/* SPDX-License-Identifier: MIT */
#include "network/builtin.h"

#include <string.h>

/* The build runs in the project's root, where the assembler finds the files. */
#define INCLUDE_MODEL(name)                                                            \
    __asm__(".section .rodata\n"                                                       \
            ".balign 64\n"                                                             \
            ".globl builtin_" #name "\n"                                               \
            ".hidden builtin_" #name "\n"                                              \
            "builtin_" #name ":\n"                                                     \
            ".incbin \"data/" #name ".safetensors\"\n"                                 \
            ".globl builtin_" #name "_end\n"                                           \
            ".hidden builtin_" #name "_end\n"                                          \
            "builtin_" #name "_end:\n"                                                 \
            ".byte 0\n"                                                                \
            ".previous\n");                                                            \
    extern const unsigned char builtin_##name[], builtin_##name##_end[]

INCLUDE_MODEL(cifar10);
INCLUDE_MODEL(photo);

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
