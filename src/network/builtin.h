/*
 * SPDX-License-Identifier: MIT
 *
 * The models built into the program. Tested in tests/codec/test_choose.c.
 */
#ifndef VQ_NETWORK_BUILTIN_H
#define VQ_NETWORK_BUILTIN_H

#include <stddef.h>

typedef struct builtin {
    const char *name, *title;         /* as --model takes it, and as messages show it */
    const unsigned char *bytes, *end; /* a safetensors file */
} builtin;

/* data/cifar10.safetensors, then data/photo.safetensors; ended by one without a name.
 */
extern const builtin builtin_models[];

/* The i-th of them; NULL past the last. */
const builtin *builtin_at(int i);

/* The one of that name in such a list; NULL: there is none. */
const builtin *builtin_find(const builtin *list, const char *name);

#endif
