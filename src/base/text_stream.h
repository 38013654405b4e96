/*
 * SPDX-License-Identifier: MIT
 *
 * A stream into memory that knows when memory ran out: the C library's own loses what
 * there was no room for and says so to that one call alone. Tested in
 * tests/base/test_text_stream.c.
 */
#ifndef VQ_BASE_TEXT_STREAM_H
#define VQ_BASE_TEXT_STREAM_H

#include <stdbool.h>
#include <stdio.h>

typedef struct text_stream {
    FILE *stream; /* write here; NULL: not open */
    char *text;   /* owned: [size], and a zero once it is closed */
    size_t size;  /* up to the last flush */
    size_t room;
} text_stream;

/* False: there is no memory. */
bool text_stream_open(text_stream *t);

/* False: there was no memory for all of it. The text stays until the release. */
bool text_stream_close(text_stream *t);
void text_stream_release(text_stream *t); /* legal on a zeroed one, open or closed */

#endif
