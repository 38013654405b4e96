/* SPDX-License-Identifier: MIT */
#include "image/exif.h"

#include <stdlib.h>
#include <string.h>

#define TAG_ORIENTATION 0x0112
#define TYPE_SHORT 3
#define ENTRY_SIZE 12 /* tag 2, type 2, count 4, value 4 */

/* A block of bytes in either byte order. */
typedef struct block {
    const unsigned char *bytes;
    size_t size;
    bool big_endian;
} block;

/* The number of n bytes at `at`; 0 past the end. */
static uint32_t number(const block *b, size_t at, size_t n)
{
    uint32_t x = 0;
    if (at > b->size || n > b->size - at)
        return 0;
    for (size_t i = 0; i < n; i++)
        x = x << 8 | b->bytes[at + (b->big_endian ? i : n - 1 - i)];
    return x;
}

int exif_orientation(const unsigned char *tiff, size_t size)
{
    block b = {tiff, size, size > 0 && tiff[0] == 'M'};
    if (size < 8 || memcmp(tiff, b.big_endian ? "MM\0*" : "II*\0", 4) != 0)
        return 1;
    size_t at = number(&b, 4, 4);
    uint32_t entries = number(&b, at, 2);
    for (at += 2; entries > 0; entries--, at += ENTRY_SIZE) {
        if (number(&b, at, 2) != TAG_ORIENTATION)
            continue;
        uint32_t value = number(&b, at + 8, 2);
        bool sound = number(&b, at + 2, 2) == TYPE_SHORT && number(&b, at + 4, 4) == 1;
        return sound && value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}

bool exif_turns(int orientation)
{
    return orientation >= 5;
}

/*
 * Where the upright picture's first pixel lies in the stored one, and how far it is
 * from there to the pixel on its right and to the one below, in pixels.
 */
typedef struct walk {
    ptrdiff_t first, right, down;
} walk;

static walk walk_of(int orientation, ptrdiff_t width, ptrdiff_t height)
{
    const ptrdiff_t far_x = width - 1, far_y = (height - 1) * width;
    switch (orientation) {
    case 2: /* mirrored, left to right */
        return (walk){far_x, -1, width};
    case 3: /* upside down */
        return (walk){far_y + far_x, -1, -width};
    case 4: /* mirrored, top to bottom */
        return (walk){far_y, 1, -width};
    case 5: /* mirrored along the diagonal */
        return (walk){0, width, 1};
    case 6: /* lies on its left side: its first column is the top, from below */
        return (walk){far_y, -width, 1};
    case 7: /* mirrored along the other diagonal */
        return (walk){far_y + far_x, -width, -1};
    default: /* 8: lies on its right side */
        return (walk){far_x, width, -1};
    }
}

vq_status exif_apply(vq_image *image, int orientation, vq_error *err)
{
    if (orientation <= 1)
        return VQ_OK;
    const bool turns = exif_turns(orientation);
    const walk w = walk_of(orientation, image->width, image->height);
    const size_t size = (size_t)3 * image->width * image->height;
    vq_image up = {.width = turns ? image->height : image->width,
                   .height = turns ? image->width : image->height,
                   .rgb = malloc(size),
                   .gray = image->gray};
    if (!up.rgb)
        return vq_fail_memory(err, size);
    unsigned char *to = up.rgb;
    for (int y = 0; y < up.height; y++)
        for (int x = 0; x < up.width; x++, to += 3)
            memcpy(to, image->rgb + 3 * (w.first + x * w.right + y * w.down), 3);
    vq_image_release(image);
    *image = up;
    return VQ_OK;
}
