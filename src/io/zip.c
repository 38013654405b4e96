/*
 * SPDX-License-Identifier: MIT
 *
 * Of a zip archive (PKWARE's APPNOTE.TXT): the end record, the directory it points to,
 * and of each entry the local header that stands before its data.
 */
#include "io/zip.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    END_SIZE = 22, /* of the end record without its comment */
    COMMENT_MAX = 65535,
    ENTRY_SIZE = 46, /* of a directory entry without its name */
    LOCAL_SIZE = 30  /* of a local header without its name */
};

static size_t u16(const unsigned char *at)
{
    return at[0] | (size_t)at[1] << 8;
}

static size_t u32(const unsigned char *at)
{
    return u16(at) | u16(at + 2) << 16;
}

static vq_status fail(const zip *z, const char *reason, vq_error *err)
{
    return vq_fail(err, VQ_EINPUT, "'%s': zip archive: %s", z->name, reason);
}

/* Two names in the order of memcmp; the beginning of a name comes before it. */
static int compare(const char *a, size_t a_size, const char *b, size_t b_size)
{
    int order = memcmp(a, b, a_size < b_size ? a_size : b_size);
    return order ? order : (a_size > b_size) - (a_size < b_size);
}

static int by_name(const void *a, const void *b)
{
    const zip_entry *x = a, *y = b;
    return compare(x->name, x->name_size, y->name, y->name_size);
}

/* The end record: the last one that a comment reaches from to the end of the file. */
static const unsigned char *find_end(const unsigned char *bytes, size_t size)
{
    for (size_t back = END_SIZE; back <= size && back <= END_SIZE + COMMENT_MAX; back++)
        if (memcmp(bytes + size - back, "PK\5\6", 4) == 0 &&
            u16(bytes + size - back + 20) == back - END_SIZE)
            return bytes + size - back;
    return NULL;
}

/* One entry of the directory at *at, and where the next one is. */
static vq_status read_entry(zip *z, size_t *at, size_t end, vq_error *err)
{
    if (end - *at < ENTRY_SIZE || memcmp(z->bytes + *at, "PK\1\2", 4) != 0)
        return fail(z, "its directory is damaged", err);
    const unsigned char *b = z->bytes + *at;
    zip_entry *e = &z->entry[z->n++];
    *e = (zip_entry){.name = (const char *)b + ENTRY_SIZE,
                     .name_size = u16(b + 28),
                     .at = u32(b + 42),
                     .size = u32(b + 20),
                     .stored = u16(b + 10) == 0 && u32(b + 20) == u32(b + 24) &&
                               !(u16(b + 8) & 1)}; /* nor encrypted */
    size_t length = ENTRY_SIZE + e->name_size + u16(b + 30) + u16(b + 32);
    if (length > end - *at)
        return fail(z, "its directory is damaged", err);
    *at += length;
    return VQ_OK;
}

vq_status zip_parse(zip *z, const char *name, const unsigned char *bytes, size_t size,
                    vq_error *err)
{
    vq_status status = VQ_OK;
    *z = (zip){.name = name, .bytes = bytes, .size = size};
    const unsigned char *end = find_end(bytes, size);
    if (!end)
        return fail(z, "it has no directory at its end: it was cut short", err);
    size_t n = u16(end + 10), at = u32(end + 16), length = u32(end + 12);
    if (n == UINT16_MAX || at == UINT32_MAX)
        return fail(z, "more than 65534 entries or 4 GiB", err);
    if (at > (size_t)(end - bytes) || length > (size_t)(end - bytes) - at)
        return fail(z, "its directory is not where its end says", err);
    z->entry = calloc(n + 1, sizeof *z->entry);
    if (!z->entry)
        return vq_fail_memory(err, (n + 1) * sizeof *z->entry);
    for (size_t i = 0, stop = at + length; i < n; i++)
        TRY(read_entry(z, &at, stop, err));
    qsort(z->entry, n, sizeof *z->entry, by_name);
    for (size_t i = 1; i < n; i++)
        if (by_name(&z->entry[i - 1], &z->entry[i]) == 0) {
            status = fail(z, "it holds an entry twice", err);
            goto out;
        }
out:
    if (status != VQ_OK)
        zip_release(z);
    return status;
}

void zip_release(zip *z)
{
    free(z->entry);
    *z = (zip){0};
}

const zip_entry *zip_find(const zip *z, const char *name, size_t name_size)
{
    const zip_entry wanted = {.name = name, .name_size = name_size};
    return bsearch(&wanted, z->entry, (size_t)z->n, sizeof *z->entry, by_name);
}

vq_status zip_data(const zip *z, const zip_entry *e, const unsigned char **data,
                   size_t *size, vq_error *err)
{
    const int n = e->name_size < 200 ? (int)e->name_size : 200;
    if (!e->stored)
        return vq_fail(err, VQ_EINPUT,
                       "'%s': zip archive: '%.*s' is compressed or encrypted, where "
                       "PyTorch stores it as it is",
                       z->name, n, e->name);
    const unsigned char *local = z->bytes + e->at;
    size_t left = e->at < z->size ? z->size - e->at : 0;
    size_t skip =
        left < LOCAL_SIZE ? 0 : LOCAL_SIZE + u16(local + 26) + u16(local + 28);
    if (!skip || memcmp(local, "PK\3\4", 4) != 0 || skip > left ||
        e->size > left - skip)
        return vq_fail(err, VQ_EINPUT, "'%s': zip archive: '%.*s' is not where it says",
                       z->name, n, e->name);
    *data = local + skip;
    *size = e->size;
    return VQ_OK;
}
