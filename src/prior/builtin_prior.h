/*
 * SPDX-License-Identifier: MIT
 *
 * The priors built into the program, of the codes of the models that are.
 */
#ifndef VQ_PRIOR_BUILTIN_PRIOR_H
#define VQ_PRIOR_BUILTIN_PRIOR_H

#include "network/builtin.h"

/* The i-th: data/prior.safetensors, of data/cifar10.safetensors, then
 * data/photo-prior.safetensors, of data/photo.safetensors; NULL past the last. */
const builtin *builtin_prior_at(int i);

/* The one of that name, as --prior takes it; NULL: there is none. */
const builtin *builtin_prior_find(const char *name);

#endif
