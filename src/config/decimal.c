/* SPDX-License-Identifier: MIT */
#include "config/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

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
