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

/* Of what the program reads or writes, and what else lies beside it. */
static const char *const others[] = {
    ".npy", ".npz", ".vqt",  ".txt",  ".tsv", ".csv", ".json", ".jsonl", ".safetensors",
    ".pth", ".pt",  ".ckpt", ".html", ".htm", ".svg", ".pdf",  NULL};

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

const char *ending_other(const char *path, const char *const *own)
{
    const char *const *const known[] = {ending_picture, ending_foreign, others};
    const char *end = NULL;
    for (size_t i = 0; !end && i < sizeof known / sizeof *known; i++)
        end = ending_among(path, known[i]);
    return ending_among(path, own) ? NULL : end;
}
