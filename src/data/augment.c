/* SPDX-License-Identifier: MIT */
#include "data/augment.h"

#include <stdlib.h>
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

void augment_shifts(uint64_t seed, int64_t step, int i, int most, int by[2])
{
    rng r = rng_make(seed, RNG_SHIFT, (uint32_t)step);
    r.position = (uint64_t)i * 16;
    for (int k = 0; k < 2; k++)
        by[k] = (int)rng_below(&r, 2 * (uint32_t)most + 1) - most;
}

/* Move n cells of size bytes, pixels of a row or rows of an image, by d cells. */
static void shift_cells(unsigned char *cells, int n, size_t size, int d)
{
    int gap = abs(d), first = d > 0 ? d : n - 1 - gap, away = d > 0 ? -1 : 1;
    unsigned char *far = cells + (size_t)gap * size;
    size_t kept = (size_t)(n - gap) * size;
    memmove(d > 0 ? far : cells, d > 0 ? cells : far, kept);
    for (int k = 1; k <= gap; k++)
        memcpy(cells + (size_t)(first + away * k) * size,
               cells + (size_t)(first - away * k) * size, size);
}

void augment_shift(unsigned char *rgb, int height, int width, const int by[2])
{
    size_t row = (size_t)3 * width;
    shift_cells(rgb, height, row, by[0]);
    for (int y = 0; y < height; y++)
        shift_cells(rgb + y * row, width, 3, by[1]);
}
