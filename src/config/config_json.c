/* SPDX-License-Identifier: MIT */
#include "config/config_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/json.h"
#include "base/regular.h"
#include "base/run_files.h"
#include "base/text_stream.h"
#include "base/version.h"

#define VERSION_KEY "version"

/* ---- writing ----------------------------------------------------------------------
 */

/* A number that JSON readers take; beyond 63 bits it is a string. */
static bool is_number(const field *f, const char *text)
{
    int64_t x;
    return f->type == INT || f->type == INT64 || f->type == REAL ||
           (f->type == UINT64 && decimal_read_whole(text, 0, INT64_MAX, &x));
}

static bool write_value(FILE *stream, const field *f, const char *text)
{
    if (is_number(f, text))
        return fputs(text, stream) >= 0;
    if (f->type == SWITCH)
        return fputs(strcmp(text, "yes") == 0 ? "true" : "false", stream) >= 0;
    char *quoted; /* UTF-8: config_check has seen to it */
    bool whole =
        json_print(&quoted, json_string(text), JSON_ENCODE_ANY, NULL) == VQ_OK &&
        fputs(quoted, stream) >= 0;
    free(quoted);
    return whole;
}

/* What says nothing of the run, which is the same begun anew or gone on with. */
static bool is_of_one_call(const field *f)
{
    return strcmp(f->name, "resume") == 0 || strcmp(f->name, "force") == 0;
}

vq_status config_json_write(const void *config, config_row_fn row, char **json,
                            vq_error *err)
{
    char text[CONFIG_TEXT_MAX], key[CONFIG_KEY_MAX];
    const void *base;
    const field *f;
    text_stream t;
    bool whole = text_stream_open(&t);
    if (whole)
        fputs("{\n  \"" VERSION_KEY "\": \"" VQ_VERSION "\"", t.stream);
    for (int i = 0; whole && (f = row(config, i, &base)); i++) {
        if (is_of_one_call(f))
            continue;
        field_key(f, key);
        field_text(base, f, text);
        fprintf(t.stream, ",\n  \"%s\": ", key);
        whole = write_value(t.stream, f, text);
    }
    if (whole)
        fputs("\n}", t.stream);
    whole = whole && text_stream_close(&t);
    *json = whole ? t.text : NULL;
    if (whole)
        return VQ_OK;
    text_stream_release(&t);
    return vq_fail(err, VQ_ENOMEM, "out of memory for a configuration");
}

/* ---- reading ----------------------------------------------------------------------
 */

const char *config_json_text(const json_t *value, char number[32])
{
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_boolean(value))
        return json_is_true(value) ? "yes" : "no";
    if (json_is_integer(value))
        snprintf(number, 32, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        decimal_text(json_real_value(value), number);
    else
        return NULL;
    return number;
}

static vq_status set_all(void *config, const json_t *object, const char *path,
                         config_set_fn set, vq_error *err)
{
    const char *key;
    json_t *value;
    char number[32];
    json_object_foreach((json_t *)object, key, value)
    {
        vq_error why = {"neither a string nor a number"};
        const char *text = config_json_text(value, number);
        if (strcmp(key, VERSION_KEY) == 0 ||
            (text && set(config, key, text, &why) == VQ_OK))
            continue;
        vq_fail(err, VQ_EINPUT, "'%s': %s: %.1000s", path, key, why.message);
        return version_explain(
            VQ_EINPUT, json_string_value(json_object_get(object, VERSION_KEY)), err);
    }
    return VQ_OK;
}

vq_status config_json_read(void *config, const char *folder, config_set_fn set,
                           vq_error *err)
{
    char path[VQ_PATH_MAX + 16];
    unsigned char *bytes = NULL;
    size_t size = 0;
    json_t *object = NULL;
    json_error_t fault;
    vq_status status;
    snprintf(path, sizeof path, "%s/" RUN_CONFIG, folder);
    TRY(regular_read(path, (size_t)1 << 20, &bytes, &size, err));
    TRY(json_parse(&object, bytes, size, &fault, err));
    if (!json_is_object(object))
        TRY(vq_fail(err, VQ_EINPUT, "'%s' is not a run's configuration: %s", path,
                    object ? "not an object" : fault.text));
    TRY(set_all(config, object, path, set, err));
out:
    json_decref(object);
    free(bytes);
    return status;
}
