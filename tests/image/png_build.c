/* SPDX-License-Identifier: MIT */
#include "image/png_build.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "support.h"

static void append(png_bytes *file, const void *data, size_t size)
{
    if (!size)
        return;
    file->v = realloc(file->v, file->size + size);
    assert_non_null(file->v);
    memcpy(file->v + file->size, data, size);
    file->size += size;
}

static void put_u32(unsigned char *to, uint32_t x)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(x >> (24 - 8 * i));
}

void png_chunk(png_bytes *file, const char *type, const void *data, size_t size)
{
    unsigned char number[4];
    put_u32(number, (uint32_t)size);
    append(file, number, 4);
    size_t start = file->size;
    append(file, type, 4);
    append(file, data, size);
    put_u32(number, (uint32_t)crc32(0, file->v + start, (uInt)(4 + size)));
    append(file, number, 4);
}

int png_channels(int color)
{
    static const int channels[] = {
        [PNG_GRAY] = 1,       [PNG_RGB] = 3,  [PNG_PALETTE] = 1,
        [PNG_GRAY_ALPHA] = 2, [PNG_RGBA] = 4,
    };
    return channels[color];
}

png_bytes png_build_header(uint32_t width, uint32_t height, int depth, int color,
                           int interlace)
{
    png_bytes file = {0};
    unsigned char ihdr[13] = {0};
    append(&file, "\x89PNG\r\n\x1a\n", 8);
    put_u32(ihdr, width);
    put_u32(ihdr + 4, height);
    ihdr[8] = (unsigned char)depth;
    ihdr[9] = (unsigned char)color;
    ihdr[12] = (unsigned char)interlace;
    png_chunk(&file, "IHDR", ihdr, sizeof ihdr);
    return file;
}

/* Append the rows of one pass: every dx-th pixel of every dy-th row, from x, y. */
static void append_pass(png_bytes *raw, const png_spec *s, int x, int y, int dx, int dy)
{
    int channels = png_channels(s->color);
    unsigned char *row = calloc((size_t)s->width * channels * 2 + 2, 1);
    assert_non_null(row);
    for (int i = y; x < s->width && i < s->height; i += dy) {
        size_t bit = 8; /* row[0] is filter type 0 */
        memset(row, 0, (size_t)s->width * channels * 2 + 2);
        for (int j = x; j < s->width; j += dx)
            for (int c = 0; c < channels; c++) {
                unsigned v = s->samples[((size_t)i * s->width + j) * channels + c];
                for (int b = s->depth - 1; b >= 0; b--, bit++)
                    row[bit / 8] |= (unsigned char)((v >> b & 1) << (7 - bit % 8));
            }
        append(raw, row, (bit + 7) / 8);
    }
    free(row);
}

png_bytes png_build(const png_spec *s)
{
    static const int adam7[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8},
                                    {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2},
                                    {0, 1, 1, 2}};
    png_bytes raw = {0},
              file = png_build_header((uint32_t)s->width, (uint32_t)s->height, s->depth,
                                      s->color, s->interlaced);
    if (s->interlaced)
        for (int p = 0; p < 7; p++)
            append_pass(&raw, s, adam7[p][0], adam7[p][1], adam7[p][2], adam7[p][3]);
    else
        append_pass(&raw, s, 0, 0, 1, 1);
    uLongf packed_size = compressBound(raw.size);
    unsigned char *packed = malloc(packed_size);
    assert_non_null(packed);
    assert_int_equal(compress2(packed, &packed_size, raw.v, raw.size, 6), Z_OK);
    if (s->extra) {
        void *zeros = calloc(s->extra_size + 1, 1);
        assert_non_null(zeros);
        png_chunk(&file, s->extra, s->extra_data ? s->extra_data : zeros,
                  s->extra_size);
        file.v[file.size - 1] ^= s->extra_bad_crc;
        free(zeros);
    }
    if (s->plte)
        png_chunk(&file, "PLTE", s->plte, s->plte_size);
    if (s->trns)
        png_chunk(&file, "tRNS", s->trns, s->trns_size);
    png_chunk(&file, "IDAT", packed, packed_size);
    png_chunk(&file, "IEND", NULL, 0);
    free(packed);
    free(raw.v);
    return file;
}

FILE *png_open(const unsigned char *bytes, size_t size)
{
    FILE *stream = fmemopen((void *)(uintptr_t)bytes, size, "rb");
    assert_non_null(stream);
    return stream;
}
