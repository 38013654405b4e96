/*
 * SPDX-License-Identifier: MIT
 *
 * The fields of vq_config as a table: name, type, bounds and help of each, and its
 * value as text both ways. One row drives the command line, config.json, checkpoints
 * and the metadata of model files. Tested in tests/config/test_config.c.
 */
#ifndef VQ_CONFIG_FIELDS_H
#define VQ_CONFIG_FIELDS_H

#include "base/status.h"

#define CONFIG_KEY_MAX 32
#define CONFIG_TEXT_MAX (VQ_PATH_MAX + 8)

typedef enum config_part {
    CONFIG_ARCHITECTURE, /* needed to rebuild the network from a model file */
    CONFIG_RECIPE,   /* decides the bytes of the result; resume must not change it */
    CONFIG_SCHEDULE, /* part of the recipe that resume may change */
    CONFIG_RUN       /* where and how it runs; no influence on the result */
} config_part;

/* DURATION is an int64_t of seconds, BYTES an int64_t */
typedef enum field_type {
    INT,
    INT64,
    UINT64,
    REAL,
    DURATION,
    BYTES,
    SWITCH,
    CHOICE,
    TEXT
} field_type;

typedef struct field {
    const char *name; /* as on the command line */
    field_type type;
    config_part part;
    size_t offset;
    double min, max; /* of numbers; max of TEXT: bytes it can hold */
    const char
        *choices; /* of CHOICE: "ema|gradient" is 0, 1; of INT, TEXT: all it can be */
    const char *metavar; /* NULL: the choices */
    const char *help;    /* NULL: not an option by itself */
} field;

/* The i-th field, in the order to show them; NULL past the last one. */
const field *field_at(int i);

/* The field of that name, where "-" and "_" are the same letter; NULL: none. */
const field *field_find(const char *name);

/* Its key in JSON: "batch_size". */
void field_key(const field *f, char key[CONFIG_KEY_MAX]);

/* Are these one name, where "-" and "_" are the same letter? */
bool field_is(const field *f, const char *name);

/* The value of a field as text that field_set takes; config is the struct that the
 * field's offset is in, vq_config for the table here. */
void field_text(const void *config, const field *f, char text[CONFIG_TEXT_MAX]);

/* Set one field from text. VQ_EUSAGE names the accepted values. */
vq_status field_set(void *config, const field *f, const char *value, vq_error *err);

#endif
