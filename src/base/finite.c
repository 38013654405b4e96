/* SPDX-License-Identifier: MIT */
#include "base/finite.h"

#include <stdint.h>
#include <string.h>

/* By their bits, without a branch, so that it becomes vector code. */
bool all_finite(const float *x, size_t n)
{
    uint32_t found = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        found |= (bits & 0x7f800000) == 0x7f800000;
    }
    return found == 0;
}
