/* SPDX-License-Identifier: MIT */
#include "base/text_stream.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A write of a cookie; a short one leaves its mark on the stream. */
static ssize_t append(void *cookie, const char *from, size_t n)
{
    text_stream *t = cookie;
    if (n >= SIZE_MAX / 2 - t->size)
        return 0;
    const size_t need = t->size + n + 1;
    if (need > t->room) {
        const size_t room = need > 2 * t->room ? need : 2 * t->room;
        char *more = realloc(t->text, room);
        if (!more)
            return 0;
        t->text = more;
        t->room = room;
    }
    memcpy(t->text + t->size, from, n);
    t->size += n;
    t->text[t->size] = '\0';
    return (ssize_t)n;
}

bool text_stream_open(text_stream *t)
{
    *t = (text_stream){.room = 256};
    t->text = calloc(1, t->room);
    if (t->text)
        t->stream = fopencookie(t, "w", (cookie_io_functions_t){.write = append});
    if (!t->stream)
        text_stream_release(t);
    return t->stream;
}

bool text_stream_close(text_stream *t)
{
    FILE *stream = t->stream;
    t->stream = NULL;
    const bool flushed = fflush(stream) == 0;
    const bool whole = !ferror(stream) && flushed;
    return fclose(stream) == 0 && whole;
}

void text_stream_release(text_stream *t)
{
    if (t->stream)
        fclose(t->stream);
    free(t->text);
    *t = (text_stream){.size = 0};
}
