/* SPDX-License-Identifier: MIT */
#include "prior/builtin_prior.h"

/* The build runs in the project's root, where the assembler finds the file. */
__asm__(".section .rodata\n"
        ".balign 64\n"
        ".globl builtin_prior\n"
        ".hidden builtin_prior\n"
        "builtin_prior:\n"
        ".incbin \"data/prior.safetensors\"\n"
        ".globl builtin_prior_end\n"
        ".hidden builtin_prior_end\n"
        "builtin_prior_end:\n"
        ".byte 0\n"
        ".previous\n");

extern const unsigned char builtin_prior_end[];

size_t builtin_prior_size(void)
{
    return (size_t)(builtin_prior_end - builtin_prior);
}
