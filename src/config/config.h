/*
 * SPDX-License-Identifier: MIT
 *
 * The table of configuration fields: one row gives a field's name, type, bounds and
 * help, and serves the command line, config.json and model metadata alike. Implements
 * vq_config_preset, vq_config_set, vq_config_load and vq_option_at. Tested in
 * tests/config/test_config.c.
 */
#ifndef VQ_CONFIG_CONFIG_H
#define VQ_CONFIG_CONFIG_H

#include "autograd/fsq.h"
#include "base/status.h"

#define CONFIG_KEY_MAX 32
#define CONFIG_TEXT_MAX (VQ_PATH_MAX + 8)

typedef enum config_part {
    CONFIG_ARCHITECTURE, /* needed to rebuild the network from a model file */
    CONFIG_RECIPE,   /* decides the bytes of the result; resume must not change it */
    CONFIG_SCHEDULE, /* part of the recipe that resume may change */
    CONFIG_RUN       /* where and how it runs; no influence on the result */
} config_part;

/* What every setting is where nothing says it: the preset sonnet's. */
extern const vq_config config_base;

/* The i-th field: its key as in JSON ("batch_size"), its part and its value as text
 * that vq_config_set takes. False past the last one. */
bool config_field_at(const vq_config *config, int i, char key[CONFIG_KEY_MAX],
                     config_part *part, char text[CONFIG_TEXT_MAX]);

/* Shortest decimal text that reads back as x. */
void config_double_text(double x, char text[32]);

/* The levels of config.fsq_levels. VQ_EUSAGE: not 1 to 16 whole numbers of 2 or more
 * that multiply to 65,536 or less. */
vq_status config_fsq(const vq_config *config, fsq *f, vq_error *err);

/* Do the codes follow from something else, as simvq's and fsq's do? */
bool config_bound_codes(const vq_config *config);

/* Do the settings go together? VQ_EUSAGE names those that do not. */
vq_status config_check(const vq_config *config, vq_error *err);

/* config as indented JSON, every field; *json is owned by the caller, free(). */
vq_status config_to_json(const vq_config *config, char **json, vq_error *err);

#endif
