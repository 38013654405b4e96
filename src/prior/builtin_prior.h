/*
 * SPDX-License-Identifier: MIT
 *
 * The priors built into the program, of the codes of the models that are.
 */
#ifndef VQ_PRIOR_BUILTIN_PRIOR_H
#define VQ_PRIOR_BUILTIN_PRIOR_H

#include "network/builtin.h"

/* data/prior.safetensors, of data/cifar10.safetensors, then
 * data/photo-prior.safetensors, of data/photo.safetensors; named as --prior takes them,
 * ended by one without a name. */
extern const builtin builtin_priors[];

#endif
