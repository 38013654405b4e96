/* SPDX-License-Identifier: MIT */
#include "data/source.h"

#include <string.h>

void source_cut(const unsigned char *picture, int width, source_area area,
                unsigned char *rgb)
{
    const size_t row = (size_t)area.width * 3, stride = (size_t)width * 3;
    picture += area.y * stride + (size_t)area.x * 3;
    for (int y = 0; y < area.height; y++)
        memcpy(rgb + y * row, picture + y * stride, row);
}
