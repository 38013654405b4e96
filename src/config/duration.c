/* SPDX-License-Identifier: MIT */
#include "config/duration.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct unit {
    char letter;
    int64_t seconds;
} units[] = {{'h', 3600}, {'m', 60}, {'s', 1}};

#define N_UNITS (sizeof units / sizeof units[0])

bool duration_read(const char *text, int64_t *seconds)
{
    int64_t total = 0;
    size_t unit = 0;
    if (strcmp(text, "0") == 0) {
        *seconds = 0;
        return true;
    }
    const char *at = text;
    while (*at) {
        int64_t n = 0;
        const char *digits = at;
        for (; isdigit((unsigned char)*at); at++)
            if ((n = n * 10 + (*at - '0')) > DURATION_MAX)
                return false;
        while (unit < N_UNITS && units[unit].letter != *at)
            unit++;
        if (at == digits || unit == N_UNITS)
            return false;
        total += n * units[unit++].seconds;
        at++;
    }
    if (at == text || total > DURATION_MAX)
        return false;
    *seconds = total;
    return true;
}

void duration_text(int64_t seconds, char text[32])
{
    int n = 0;
    for (size_t i = 0; i < N_UNITS; i++) {
        int64_t count = seconds / units[i].seconds;
        seconds %= units[i].seconds;
        if (count > 0)
            n += snprintf(text + n, 32 - (size_t)n, "%" PRId64 "%c", count,
                          units[i].letter);
    }
    if (n == 0)
        strcpy(text, "0");
}
