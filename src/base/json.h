/*
 * SPDX-License-Identifier: MIT
 *
 * The JSON library, and memory that runs out inside it: it tells some of its failures
 * as text that is no JSON and keeps others to itself, so its allocator remembers them
 * (a flag a thread), and whoever is done with it asks; its parser is not let go on
 * after one. Tested in tests/base/test_json.c and, allocation by allocation, by
 * scripts/torture.py.
 */
#ifndef VQ_BASE_JSON_H
#define VQ_BASE_JSON_H

#include <jansson.h>

#include "base/status.h"

/*
 * Values in one text; the largest prior's file has 3,000. Of 2 MiB in small values each
 * takes 5 us and 450 bytes to read as metadata, where it took 3 to 15 bytes to write.
 */
#define JSON_VALUES_MAX 16384

/*
 * *value, owned by the caller, of `size` bytes of text; NULL, and fault->text, where
 * they are no JSON, name a key twice or hold more than JSON_VALUES_MAX values.
 * VQ_ENOMEM, and *value is NULL.
 */
vq_status json_parse(json_t **value, const void *text, size_t size, json_error_t *fault,
                     vq_error *err);

/*
 * The text of a value, which is taken over; free(*text). VQ_ENOMEM: there was none for
 * the text, or for any of what this thread did to make the value, which may be NULL.
 */
vq_status json_print(char **text, json_t *value, size_t flags, vq_error *err);

/* VQ_ENOMEM: this thread ran short of memory for JSON since it last asked. */
vq_status json_check(vq_error *err);

#endif
