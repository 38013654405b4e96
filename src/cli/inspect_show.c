/* SPDX-License-Identifier: MIT */
#include "cli/inspect.h"

#include <stdlib.h>

#include "base/status.h"
#include "base/text_stream.h"
#include "base/utf8.h"
#include "cli/text.h"

json_t *inspect_text(const char *text)
{
    text_stream t;
    if (utf8_is(text))
        return json_string(text);
    if (!text_stream_open(&t))
        return NULL;
    text_print(t.stream, text);
    json_t *string = text_stream_close(&t) ? json_string(t.text) : NULL;
    text_stream_release(&t);
    return string;
}

/* A member without the quotes of a string; of one that there is no memory for nothing,
 * which json_check tells. */
static void print_value(FILE *stream, const json_t *value)
{
    const size_t flags = JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(9);
    char *text = NULL;
    if (json_is_null(value))
        fputs("unknown", stream);
    else if (json_is_string(value))
        text_print(stream, json_string_value(value));
    else if ((text = json_dumps(value, flags)))
        text_print(stream, text);
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
    text_stream t;
    vq_status status;
    if (json || !object)
        return cli_print_json(stdout, object, err);
    const bool open = text_stream_open(&t);
    if (open)
        print_lines(t.stream, object);
    if (!open || !text_stream_close(&t))
        TRY(vq_fail(err, VQ_ENOMEM, "out of memory to show a file"));
    TRY(json_check(err));
    fputs(t.text, stdout);
out:
    text_stream_release(&t);
    json_decref(object);
    return status;
}
