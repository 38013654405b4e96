/*
 * SPDX-License-Identifier: MIT
 *
 * Text as UTF-8. Tested in tests/base/test_utf8.c.
 */
#ifndef VQ_BASE_UTF8_H
#define VQ_BASE_UTF8_H

#include <stdbool.h>

/* Bytes of the UTF-8 character at s (1 to 4) and its code point; 0: not UTF-8. */
int utf8_read(const char *s, unsigned *code);

bool utf8_is(const char *text);

#endif
