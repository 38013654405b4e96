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
static void print_value(const json_t *value)
{
    char *text = json_is_string(value)
                     ? NULL
                     : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT |
                                             JSON_REAL_PRECISION(9));
    if (json_is_null(value))
        printf("unknown");
    else
        text_print(stdout, text ? text : json_string_value(value));
    free(text);
}

static void print_lines(json_t *object)
{
    const char *key, *inner;
    json_t *value, *below;
    json_object_foreach(object, key, value)
    {
        if (!json_is_object(value)) {
            printf("%-12s ", key);
            print_value(value);
            printf("\n");
            continue;
        }
        printf("\n%s\n", key);
        json_object_foreach(value, inner, below)
        {
            printf("  ");
            text_print(stdout, inner);
            printf(" = ");
            print_value(below);
            printf("\n");
        }
    }
}

vq_status inspect_show(json_t *object, bool json, vq_error *err)
{
    if (json || !object)
        return cli_print_json(stdout, object, err);
    print_lines(object);
    json_decref(object);
    return VQ_OK;
}
