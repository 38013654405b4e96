/* SPDX-License-Identifier: MIT */
#include "data/source.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int64_t source_spread(int64_t i, int64_t n, int64_t all)
{
    return n == all ? i : (int64_t)((double)i * (double)all / (double)n);
}

void source_cut(const unsigned char *picture, int width, source_area area,
                unsigned char *rgb)
{
    const size_t row = (size_t)area.width * 3, stride = (size_t)width * 3;
    picture += area.y * stride + (size_t)area.x * 3;
    for (int y = 0; y < area.height; y++)
        memcpy(rgb + y * row, picture + y * stride, row);
}

void source_note(const source_request *r, const char *format, ...)
{
    size_t at = strlen(r->note);
    va_list args;
    if (at > 0)
        at += (size_t)snprintf(r->note + at, SOURCE_NOTE_MAX - at, "; ");
    if (at >= SOURCE_NOTE_MAX)
        return;
    va_start(args, format);
    vsnprintf(r->note + at, SOURCE_NOTE_MAX - at, format, args);
    va_end(args);
}
