/*
 * SPDX-License-Identifier: MIT
 *
 * The prior built into the program: data/prior.safetensors, of the codes of
 * data/cifar10.safetensors.
 */
#ifndef VQ_PRIOR_BUILTIN_PRIOR_H
#define VQ_PRIOR_BUILTIN_PRIOR_H

#include <stddef.h>

extern const unsigned char builtin_prior[]; /* a safetensors file */
size_t builtin_prior_size(void);

#endif
