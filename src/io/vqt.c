/*
 * SPDX-License-Identifier: MIT
 *
 * Every field of a .vqt file follows from others or is under the CRC, so a file that
 * parses is the file that was written.
 */
#include "io/vqt.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/file.h"
#include "io/codes.h"

enum {
    AT_VERSION = 4,
    AT_BITS = 6,
    AT_FINGERPRINT = 8,
    AT_N = 16,
    AT_H = 20,
    AT_W = 24,
    AT_WIDTH = 28,
    AT_HEIGHT = 32,
    AT_K = 36,
    AT_DEPTH = 40, /* from version 2 on */
    AT_PRIOR = 44, /* and these in version 3 */
    AT_CODES_CRC = 52,
    AT_CODED = 56,
    CRC_SIZE = 4
};

#define GRAY 0x100 /* beside the bits of a code, which are at most 31 */

/*
 * Version 1 has one code a position and version 2 more, so that a depth of 1 is written
 * as it always was.
 */
static int version_of(const vq_codes *c)
{
    return codes_depth(c) > 1 ? 2 : 1;
}

static size_t header_size(uint64_t version)
{
    return version == 3 ? AT_CODED : version == 2 ? AT_DEPTH + 4 : AT_DEPTH;
}

/* ---- fields ---------------------------------------------------------------------- */

static uint64_t get(const unsigned char *from, int n_bytes)
{
    uint64_t x = 0;
    for (int i = 0; i < n_bytes; i++)
        x |= (uint64_t)from[i] << 8 * i;
    return x;
}

static void put(unsigned char *to, uint64_t x, int n_bytes)
{
    for (int i = 0; i < n_bytes; i++)
        to[i] = (unsigned char)(x >> 8 * i);
}

/* A u32 field as int, at least `least`; false where it is not. */
static bool get_int(const unsigned char *from, int least, int *to)
{
    uint64_t x = get(from, 4);
    *to = x <= INT_MAX ? (int)x : -1;
    return *to >= least;
}

/*
 * Can h x w codes stand for the picture, each for a square of f x f pixels with the
 * last ones cropped? True for a picture of unknown size, 0 x 0.
 */
static bool plausible(const vq_codes *c)
{
    if (c->width == 0 && c->height == 0)
        return true;
    if (c->width < c->w || c->height < c->h ||
        (int64_t)c->width * c->height > VQ_MAX_PIXELS)
        return false;
    int least_x = (c->width - 1) / c->w + 1, least_y = (c->height - 1) / c->h + 1;
    int most_x = c->w > 1 ? (c->width - 1) / (c->w - 1) : INT_MAX;
    int most_y = c->h > 1 ? (c->height - 1) / (c->h - 1) : INT_MAX;
    int least = least_x > least_y ? least_x : least_y;
    return least <= (most_x < most_y ? most_x : most_y);
}

static vq_status fail_plausible(const vq_codes *c, const char *name, vq_error *err)
{
    return vq_fail(err, VQ_EINPUT,
                   "'%s': %d x %d codes cannot stand for %d x %d pixels", name, c->w,
                   c->h, c->width, c->height);
}

/* ---- reading --------------------------------------------------------------------- */

/* All but what needs more than the first bytes of the file. */
static vq_status read_fields(vq_codes *c, const char *name, const unsigned char *bytes,
                             size_t size, vq_error *err)
{
    uint64_t packed, version = size < AT_BITS ? 1 : get(bytes + AT_VERSION, 2);
    size_t header = header_size(version);
    if (size < header + CRC_SIZE)
        return vq_fail(err, VQ_EINPUT,
                       "'%s' is not a whole .vqt file: it ends at byte %zu", name,
                       size);
    if (version < 1 || version > 3)
        return vq_fail(err, VQ_EINPUT, "'%s' is .vqt version %" PRIu64 ", not 1 to 3",
                       name, version);
    const uint64_t bits = get(bytes + AT_BITS, 2);
    c->gray = bits & GRAY;
    c->fingerprint = get(bytes + AT_FINGERPRINT, 8);
    if (!get_int(bytes + AT_N, 1, &c->n) || !get_int(bytes + AT_H, 1, &c->h) ||
        !get_int(bytes + AT_W, 1, &c->w))
        return vq_fail(err, VQ_EINPUT, "'%s': no images, or no codes in one", name);
    c->depth = 1;
    if (version > 1 && !get_int(bytes + AT_DEPTH, version == 2 ? 2 : 1, &c->depth))
        return vq_fail(err, VQ_EINPUT,
                       "'%s': version %" PRIu64 " with %d codes a "
                       "position",
                       name, version, c->depth);
    if (!get_int(bytes + AT_K, 1, &c->k) ||
        (bits & ~(uint64_t)GRAY) != (uint64_t)codes_bits(c->k))
        return vq_fail(err, VQ_EINPUT,
                       "'%s': %" PRIu64 " bits a code for a codebook of %" PRIu64, name,
                       bits & ~(uint64_t)GRAY, get(bytes + AT_K, 4));
    /* what a prior coded is never longer than what it did not */
    if (!codes_packed_size(c, &packed) ||
        (version < 3 ? packed != size - header - CRC_SIZE
                     : packed < size - header - CRC_SIZE))
        return vq_fail(
            err, VQ_EINPUT,
            "'%s': %zu bytes of data for %d images of %d x %d codes of %d bits", name,
            size - header - CRC_SIZE, c->n, c->w, c->h, codes_bits(c->k));
    bool sizes = get_int(bytes + AT_WIDTH, 0, &c->width);
    sizes &= get_int(bytes + AT_HEIGHT, 0, &c->height);
    return sizes && plausible(c) ? VQ_OK : fail_plausible(c, name, err);
}

static vq_status read_header(vq_codes *c, const char *name, const unsigned char *bytes,
                             size_t size, vq_error *err)
{
    vq_status status = read_fields(c, name, bytes, size, err);
    if (status != VQ_OK)
        return status;
    uLong crc = crc32_z(0, bytes, size - CRC_SIZE);
    if (crc != get(bytes + size - CRC_SIZE, CRC_SIZE))
        return vq_fail(err, VQ_EINPUT,
                       "'%s' is damaged: its CRC is %08lx, where %08" PRIx64
                       " is stored",
                       name, crc, get(bytes + size - CRC_SIZE, CRC_SIZE));
    return VQ_OK;
}

vq_status vqt_look(const char *name, const unsigned char *bytes, size_t n, int64_t size,
                   vq_error *err)
{
    vq_codes c = {0};
    if (size < 0 || n < AT_CODED + CRC_SIZE)
        return VQ_OK;
    return read_fields(&c, name, bytes, (size_t)size, err);
}

vq_status vqt_parse(vq_codes *codes, const char *name, const unsigned char *bytes,
                    size_t size, vq_error *err)
{
    vq_codes c = {0};
    vq_status status;
    size_t count = 0;
    *codes = (vq_codes){0};
    if (vqt_is_coded(bytes, size))
        return vq_fail(err, VQ_EINPUT,
                       "'%s' was coded by a prior, and needs it: give --prior", name);
    TRY(read_header(&c, name, bytes, size, err));
    count = codes_count(&c); /* no more than the file has bits */
    c.index = malloc(count * sizeof *c.index);
    if (!c.index) {
        status = vq_fail_memory(err, count * sizeof *c.index);
        goto out;
    }
    TRY(codes_unpack(&c, name, bytes + header_size((uint64_t)version_of(&c)), err));
    *codes = c;
    c.index = NULL;
out:
    free(c.index);
    return status;
}

/* ---- writing --------------------------------------------------------------------- */

static void write_header(unsigned char *to, const vq_codes *c, int version)
{
    memcpy(to, VQT_MAGIC, 4);
    put(to + AT_VERSION, (uint64_t)version, 2);
    put(to + AT_BITS, (uint64_t)codes_bits(c->k) + (c->gray ? GRAY : 0), 2);
    put(to + AT_FINGERPRINT, c->fingerprint, 8);
    put(to + AT_N, (uint64_t)c->n, 4);
    put(to + AT_H, (uint64_t)c->h, 4);
    put(to + AT_W, (uint64_t)c->w, 4);
    put(to + AT_WIDTH, (uint64_t)c->width, 4);
    put(to + AT_HEIGHT, (uint64_t)c->height, 4);
    put(to + AT_K, (uint64_t)c->k, 4);
    if (version > 1)
        put(to + AT_DEPTH, (uint64_t)codes_depth(c), 4);
}

/* Can these codes be written at all? */
static vq_status check_writable(const vq_codes *codes, const char *path, vq_error *err)
{
    if (codes->k < 1)
        return vq_fail(
            err, VQ_EINPUT,
            "cannot write '%s': .vqt needs the codebook's size, which is not "
            "known; .npy and .txt do not",
            path);
    return plausible(codes) ? VQ_OK : fail_plausible(codes, path, err);
}

size_t vqt_plain_size(const vq_codes *codes)
{
    uint64_t packed;
    size_t header = header_size((uint64_t)version_of(codes));
    if (!codes_packed_size(codes, &packed) || packed > SIZE_MAX - header - CRC_SIZE)
        return SIZE_MAX;
    return header + (size_t)packed + CRC_SIZE;
}

static vq_status finish(unsigned char *bytes, size_t size, const char *path,
                        vq_error *err)
{
    put(bytes + size - CRC_SIZE, crc32_z(0, bytes, size - CRC_SIZE), CRC_SIZE);
    vq_status status = file_write(path, bytes, size, err);
    free(bytes);
    return status;
}

vq_status vqt_write(const vq_codes *codes, const char *path, vq_error *err)
{
    int version = version_of(codes);
    size_t size = vqt_plain_size(codes);
    vq_status status = check_writable(codes, path, err);
    if (status != VQ_OK)
        return status;
    unsigned char *bytes = size < SIZE_MAX ? malloc(size) : NULL;
    if (!bytes)
        return vq_fail_memory(err, size);
    write_header(bytes, codes, version);
    codes_pack(codes, bytes + header_size((uint64_t)version));
    return finish(bytes, size, path, err);
}

/* ---- coded by a prior -------------------------------------------------------------
 */

bool vqt_is_coded(const unsigned char *bytes, size_t size)
{
    return size >= AT_BITS && memcmp(bytes, VQT_MAGIC, 4) == 0 &&
           get(bytes + AT_VERSION, 2) == 3;
}

uint32_t vqt_codes_crc(const vq_codes *codes)
{
    size_t count = codes_count(codes);
    uLong crc = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned char word[4];
        put(word, (uint32_t)codes->index[i], 4);
        crc = crc32_z(crc, word, 4);
    }
    return (uint32_t)crc;
}

size_t vqt_coded_size(const vqt_coded *coded)
{
    return AT_CODED + coded->size + CRC_SIZE;
}

vq_status vqt_parse_coded(vq_codes *codes, vqt_coded *coded, const char *name,
                          const unsigned char *bytes, size_t size, vq_error *err)
{
    *codes = (vq_codes){0};
    vq_status status = read_header(codes, name, bytes, size, err);
    if (status != VQ_OK)
        return status;
    if (codes_count(codes) > VQT_CODED_MAX)
        return vq_fail(err, VQ_EINPUT, "'%s': %d images of %d x %d codes are too many",
                       name, codes->n, codes->w, codes->h);
    *coded = (vqt_coded){.prior = get(bytes + AT_PRIOR, 8),
                         .crc = (uint32_t)get(bytes + AT_CODES_CRC, 4),
                         .bytes = bytes + AT_CODED,
                         .size = size - AT_CODED - CRC_SIZE};
    return VQ_OK;
}

vq_status vqt_write_coded(const vq_codes *codes, const vqt_coded *coded,
                          const char *path, vq_error *err)
{
    size_t size = vqt_coded_size(coded);
    vq_status status = check_writable(codes, path, err);
    if (status != VQ_OK)
        return status;
    unsigned char *bytes = malloc(size);
    if (!bytes)
        return vq_fail_memory(err, size);
    write_header(bytes, codes, 3);
    put(bytes + AT_PRIOR, coded->prior, 8);
    put(bytes + AT_CODES_CRC, coded->crc, 4);
    memcpy(bytes + AT_CODED, coded->bytes, coded->size);
    return finish(bytes, size, path, err);
}
