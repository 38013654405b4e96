/* SPDX-License-Identifier: MIT */
#include "base/decimal.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"
#define EXACT 9007199254740992.0 /* 2^53 */

/* Is it written as a decimal number? strtod takes more than that. */
static bool is_decimal(const char *text)
{
    text += *text == '-' || *text == '+';
    size_t before = strspn(text, DIGITS), after = 0;
    text += before;
    if (*text == '.') {
        after = strspn(text + 1, DIGITS);
        text += 1 + after;
    }
    if (before + after == 0)
        return false;
    if (*text == 'e' || *text == 'E') {
        text += 1 + (text[1] == '-' || text[1] == '+');
        size_t digits = strspn(text, DIGITS);
        if (digits == 0)
            return false;
        text += digits;
    }
    return *text == '\0';
}

bool decimal_read(const char *text, double *x)
{
    if (!is_decimal(text))
        return false;
    *x = strtod(text, NULL) + 0.0; /* -0 is 0: JSON writes both as one */
    return isfinite(*x);
}

bool decimal_read_whole(const char *text, int64_t least, int64_t most, int64_t *x)
{
    double number;
    size_t sign = *text == '-' || *text == '+';
    if (!decimal_read(text, &number))
        return false;
    errno = 0;
    if (text[sign + strspn(text + sign, DIGITS)] == '\0')
        *x = strtoll(text, NULL, 10);
    else if (number == floor(number) && fabs(number) < EXACT)
        *x = (int64_t)number;
    else
        return false;
    return errno == 0 && *x >= least && *x <= most;
}

bool decimal_read_unsigned(const char *text, uint64_t *x)
{
    int64_t small;
    if (text[0] && text[strspn(text, DIGITS)] == '\0') {
        errno = 0;
        *x = strtoull(text, NULL, 10);
        return errno == 0;
    }
    if (!decimal_read_whole(text, 0, INT64_MAX, &small))
        return false;
    *x = (uint64_t)small;
    return true;
}

void decimal_text(double x, char text[32])
{
    if (x == floor(x) && fabs(x) < 1e15) {
        snprintf(text, 32, "%.0f", x);
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, 32, "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            return;
    }
}

void decimal_grouped(int64_t n, char text[32])
{
    char plain[32];
    const int digits = snprintf(plain, sizeof plain, "%" PRId64, n);
    for (int i = 0; i < digits; i++) {
        const int left = digits - i;
        *text++ = plain[i];
        if (plain[i] != '-' && left > 1 && left % 3 == 1)
            *text++ = ',';
    }
    *text = '\0';
}
