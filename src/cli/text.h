/*
 * SPDX-License-Identifier: MIT
 *
 * Text of unknown origin, made safe for a terminal. Tested in tests/cli/test_text.c.
 */
#ifndef VQ_CLI_TEXT_H
#define VQ_CLI_TEXT_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Print text with everything that could steer a terminal written as \xNN, byte by byte:
 * control characters (C0, DEL, C1), marks that break or reorder lines (U+200E, U+200F,
 * U+2028 to U+202E, U+2066 to U+2069) and bytes that are not UTF-8.
 */
void text_print(FILE *stream, const char *text);

/* Does the locale that the environment names, as a C library reads it, have UTF-8? */
bool text_locale_is_utf8(void);

/* A word as a shell takes it, in quotes where it needs them. False: no room for it. */
bool text_shell_word(char *word, size_t size, const char *text);

#endif
