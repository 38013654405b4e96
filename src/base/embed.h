/*
 * SPDX-License-Identifier: MIT
 *
 * Files as part of the program: EMBED(NAME, "data/x") declares NAME and NAME_end, the
 * first byte of the file and the one past its last. The build runs in the project's
 * root, where the assembler finds it; the Makefile says which object holds which file.
 */
#ifndef VQ_BASE_EMBED_H
#define VQ_BASE_EMBED_H

#define EMBED(name, path)                                                              \
    __asm__(".section .rodata\n"                                                       \
            ".balign 64\n"                                                             \
            ".globl " #name "\n"                                                       \
            ".hidden " #name "\n" #name ":\n"                                          \
            ".incbin \"" path "\"\n"                                                   \
            ".globl " #name "_end\n"                                                   \
            ".hidden " #name "_end\n" #name "_end:\n"                                  \
            ".byte 0\n"                                                                \
            ".previous\n");                                                            \
    extern const unsigned char name[], name##_end[]

#endif
