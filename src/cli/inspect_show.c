/* SPDX-License-Identifier: MIT */
#include "cli/inspect.h"

#include <stdlib.h>

#include "base/status.h"
#include "base/utf8.h"
#include "cli/text.h"

json_t *inspect_text(const char *text)
{
    char *escaped = NULL;
    size_t size;
    if (utf8_is(text))
        return json_string(text);
    FILE *stream = open_memstream(&escaped, &size);
    if (!stream)
        return NULL;
    text_print(stream, text);
    json_t *string = fclose(stream) == 0 ? json_string(escaped) : NULL;
    free(escaped);
    return string;
}

/* A member without the quotes of a string. */
static void print_value(FILE *stream, const json_t *value)
{
    char *text = json_is_string(value)
                     ? NULL
                     : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT |
                                             JSON_REAL_PRECISION(9));
    if (json_is_null(value))
        fputs("unknown", stream);
    else
        text_print(stream, text ? text : json_string_value(value));
    free(text);
}

static void print_lines(FILE *stream, json_t *object)
{
    const char *key, *inner;
    json_t *value, *below;
    json_object_foreach(object, key, value)
    {
        if (!json_is_object(value)) {
            fprintf(stream, "%-12s ", key);
            print_value(stream, value);
            fputc('\n', stream);
            continue;
        }
        fprintf(stream, "\n%s\n", key);
        json_object_foreach(value, inner, below)
        {
            fputs("  ", stream);
            text_print(stream, inner);
            fputs(" = ", stream);
            print_value(stream, below);
            fputc('\n', stream);
        }
    }
}

vq_status inspect_show(json_t *object, bool json, vq_error *err)
{
    char *lines = NULL;
    size_t size;
    vq_status status;
    if (json || !object)
        return cli_print_json(stdout, object, err);
    FILE *stream = open_memstream(&lines, &size);
    if (stream)
        print_lines(stream, object);
    if (!stream || fclose(stream) != 0)
        TRY(vq_fail(err, VQ_ENOMEM, "out of memory to show a file"));
    TRY(json_check(err));
    fputs(lines, stdout);
out:
    free(lines);
    json_decref(object);
    return status;
}
