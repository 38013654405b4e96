/* SPDX-License-Identifier: MIT */
#ifndef VQ_NETWORK_BUILTIN_H
#define VQ_NETWORK_BUILTIN_H

#include <stddef.h>

/* data/cifar10.safetensors, linked into the library. */
extern const unsigned char builtin_model[];
size_t builtin_model_size(void);

#endif
