/* SPDX-License-Identifier: MIT */
#include "config/bytes.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/decimal.h"

static const char letters[] = "KMGT";

bool bytes_read(const char *text, int64_t *bytes)
{
    int64_t n;
    char number[32];
    const size_t length = strspn(text, "+-.0123456789eE");
    const char *at = text + length;
    if (length >= sizeof number)
        return false;
    memcpy(number, text, length);
    number[length] = '\0';
    if (!decimal_read_whole(number, 0, INT64_MAX, &n))
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
