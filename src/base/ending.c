/* SPDX-License-Identifier: MIT */
#include "base/ending.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define JPEG ".jpg", ".jpeg", ".jpe", ".jfif"

const char *const ending_jpeg[] = {JPEG, NULL};
const char *const ending_picture[] = {".png", JPEG, NULL};
const char *const ending_foreign[] = {".webp", ".gif",  ".bmp",  ".tif",
                                      ".tiff", ".avif", ".heic", ".heif",
                                      ".jxl",  ".jp2",  ".ppm",  NULL};

const char *ending_in(const char *path, const char *ending)
{
    const size_t n = strlen(path), m = strlen(ending);
    return n >= m && strcasecmp(path + n - m, ending) == 0 ? path + n - m : NULL;
}

const char *ending_among(const char *path, const char *const *endings)
{
    const char *at = NULL;
    while (!at && *endings)
        at = ending_in(path, *endings++);
    return at;
}
