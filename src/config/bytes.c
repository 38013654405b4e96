/* SPDX-License-Identifier: MIT */
#include "config/bytes.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char letters[] = "KMGT";

bool bytes_read(const char *text, int64_t *bytes)
{
    int64_t n = 0;
    const char *at = text;
    for (; isdigit((unsigned char)*at); at++)
        if (__builtin_mul_overflow(n, 10, &n) ||
            __builtin_add_overflow(n, *at - '0', &n))
            return false;
    if (at == text)
        return false;
    const char *letter = *at ? strchr(letters, toupper((unsigned char)*at)) : NULL;
    if (letter) {
        if (__builtin_mul_overflow(n, (int64_t)1 << 10 * (letter - letters + 1), &n))
            return false;
        at++;
        if (strcasecmp(at, "i") == 0 || strcasecmp(at, "ib") == 0 ||
            strcasecmp(at, "b") == 0)
            at = "";
    }
    if (*at)
        return false;
    *bytes = n;
    return true;
}

void bytes_text(int64_t bytes, char text[32])
{
    int power = 0;
    while (bytes > 0 && bytes % 1024 == 0 && letters[power]) {
        bytes /= 1024;
        power++;
    }
    const char unit[2] = {power > 0 ? letters[power - 1] : '\0'};
    snprintf(text, 32, "%" PRId64 "%s", bytes, unit);
}
