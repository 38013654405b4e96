/*
 * SPDX-License-Identifier: MIT
 *
 * A table of fields as JSON, which config.json of a run holds: numbers as numbers,
 * switches as true and false, the rest as strings. Before that all of them were
 * strings, which are still read. Tested in tests/config/test_config.c.
 */
#ifndef VQ_CONFIG_CONFIG_JSON_H
#define VQ_CONFIG_CONFIG_JSON_H

#include <jansson.h>

#include "config/fields.h"

/* The i-th field of a configuration, and the struct that it lies in; NULL past the last
 * one. */
typedef const field *(*config_row_fn)(const void *config, int i, const void **base);

typedef vq_status (*config_set_fn)(void *config, const char *key, const char *value,
                                   vq_error *err);

/* Every field, indented; *json is owned by the caller, free(). */
vq_status config_json_write(const void *config, config_row_fn row, char **json,
                            vq_error *err);

/* The text that sets what a value says, in `number` or borrowed from it; NULL: it is an
 * array, an object or null. */
const char *config_json_text(const json_t *value, char number[32]);

/*
 * Set what the config.json of a run folder says. VQ_EIO; VQ_EINPUT: no such JSON, or an
 * option that is not known, as where a newer version wrote it.
 */
vq_status config_json_read(void *config, const char *folder, config_set_fn set,
                           vq_error *err);

#endif
