/*
 * SPDX-License-Identifier: MIT
 *
 * Which settings go together, and (given.c) which do nothing beside others, which
 * vq_config_check_given says. The bounds of a single one are in the table of fields.
 * Tested in tests/config/test_config.c.
 */
#ifndef VQ_CONFIG_CHECKS_H
#define VQ_CONFIG_CHECKS_H

#include "autograd/fsq.h"
#include "config/fields.h"

/* The levels of config.fsq_levels. VQ_EUSAGE: not 1 to 16 whole numbers of 2 or more
 * that multiply to 65,536 or less. */
vq_status config_fsq(const vq_config *config, fsq *f, vq_error *err);

/* Do the codes follow from something else, as simvq's and fsq's do? */
bool config_bound_codes(const vq_config *config);

/* Every text goes into JSON: config.json, the metadata of checkpoint and model. config
 * is the struct that the field lies in. VQ_EUSAGE: it is not UTF-8. */
vq_status config_check_text(const void *config, const field *f, vq_error *err);

/* Do the settings go together? VQ_EUSAGE names those that do not. */
vq_status config_check(const vq_config *config, vq_error *err);

/* Do they say how long to train? VQ_EUSAGE. */
vq_status config_check_length(const vq_config *config, vq_error *err);

#endif
