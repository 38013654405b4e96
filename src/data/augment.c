/* SPDX-License-Identifier: MIT */
#include "data/augment.h"

#include <string.h>

#include "base/rng.h"

bool augment_flips(uint64_t seed, int64_t step, int i)
{
    rng r = rng_make(seed, RNG_FLIP, (uint32_t)step);
    r.position = (uint64_t)i;
    return rng_u32(&r) & 1;
}

void augment_flip(unsigned char *rgb, int height, int width)
{
    for (int row = 0; row < height; row++, rgb += 3 * width)
        for (int left = 0, right = width - 1; left < right; left++, right--) {
            unsigned char pixel[3];
            memcpy(pixel, rgb + 3 * left, 3);
            memcpy(rgb + 3 * left, rgb + 3 * right, 3);
            memcpy(rgb + 3 * right, pixel, 3);
        }
}
