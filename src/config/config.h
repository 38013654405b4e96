/*
 * SPDX-License-Identifier: MIT
 *
 * Configurations by name and text: the table of fields (config/fields.h) and the
 * presets (config/presets.h) at work. Implements vq_config_preset, vq_config_set,
 * vq_config_load and vq_option_at. Tested in tests/config/test_config.c.
 */
#ifndef VQ_CONFIG_CONFIG_H
#define VQ_CONFIG_CONFIG_H

#include "base/status.h"
#include "config/fields.h"

/* The i-th field: its key as in JSON ("batch_size"), its part and its value as text
 * that vq_config_set takes. False past the last one. */
bool config_field_at(const vq_config *config, int i, char key[CONFIG_KEY_MAX],
                     config_part *part, char text[CONFIG_TEXT_MAX]);

/* config as indented JSON, every field; *json is owned by the caller, free(). */
vq_status config_to_json(const vq_config *config, char **json, vq_error *err);

#endif
