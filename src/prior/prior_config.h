/*
 * SPDX-License-Identifier: MIT
 *
 * The settings of a prior's training: a table of its own fields, and those of vq_config
 * that any training has. Implements vq_prior_config_default, vq_prior_config_set,
 * vq_prior_config_load and vq_prior_option_at. Tested in
 * tests/prior/test_prior_config.c.
 */
#ifndef VQ_PRIOR_PRIOR_CONFIG_H
#define VQ_PRIOR_PRIOR_CONFIG_H

#include "config/config.h"

/* The i-th field as config_field_at gives it. */
bool prior_config_field_at(const vq_prior_config *config, int i,
                           char key[CONFIG_KEY_MAX], config_part *part,
                           char text[CONFIG_TEXT_MAX]);

/* Do the settings go together, and are their texts UTF-8? VQ_EUSAGE. */
vq_status prior_config_check(const vq_prior_config *config, vq_error *err);

/* config as indented JSON, every field; *json is owned by the caller, free(). */
vq_status prior_config_to_json(const vq_prior_config *config, char **json,
                               vq_error *err);

#endif
