/*
 * SPDX-License-Identifier: MIT
 *
 * Presets as data: complete configurations by name, each as what it changes in the one
 * that all start from. vq_config_preset applies them. Tested in
 * tests/config/test_presets.c.
 */
#ifndef VQ_CONFIG_PRESETS_H
#define VQ_CONFIG_PRESETS_H

#include "base/status.h"

#define PRESET_NAMES "best|sonnet|zalando|mishalaskin|paper"

/* The preset sonnet: what every setting is where nothing says it. */
extern const vq_config preset_base;

/* What a preset sets: name, value, name, value ... NULL. NULL: no such preset. */
const char *const *preset_settings(const char *name);

#endif
