/* SPDX-License-Identifier: MIT */
#include "network/builtin.h"

/* The build runs in the project's root, where the assembler finds the file. */
__asm__(".section .rodata\n"
        ".balign 64\n"
        ".globl builtin_model\n"
        "builtin_model:\n"
        ".incbin \"data/cifar10.safetensors\"\n"
        ".globl builtin_model_end\n"
        "builtin_model_end:\n"
        ".byte 0\n"
        ".previous\n");

extern const unsigned char builtin_model_end[];

size_t builtin_model_size(void)
{
    return (size_t)(builtin_model_end - builtin_model);
}
