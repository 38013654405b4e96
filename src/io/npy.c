/*
 * SPDX-License-Identifier: MIT
 *
 * The header of a .npy file is a Python literal. Exactly the dictionary that NumPy
 * writes is understood, its keys in any order; everything else is refused at its byte.
 */
#include "io/npy.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define NPY_FILE_MAX ((size_t)1 << 30)

typedef struct header {
    const char *start, *at, *end; /* the text, and what is not yet read of it */
    char dtype[8];
    bool fortran_order;
    int rank;
    int64_t dims[NPY_MAX_RANK];
} header;

/* ---- the literal ----------------------------------------------------------------- */

static void skip_blanks(header *h)
{
    while (h->at < h->end && (*h->at == ' ' || *h->at == '\n'))
        h->at++;
}

/* Read exactly this text after any blanks; false where something else follows. */
static bool take(header *h, const char *text)
{
    size_t n = strlen(text);
    skip_blanks(h);
    if ((size_t)(h->end - h->at) < n || memcmp(h->at, text, n) != 0)
        return false;
    h->at += n;
    return true;
}

/* A quoted string without escapes that fits `size` bytes. */
static bool take_string(header *h, char *to, size_t size)
{
    skip_blanks(h);
    if (h->at == h->end || (*h->at != '\'' && *h->at != '"'))
        return false;
    const char *text = h->at + 1;
    const char *quote = memchr(text, *h->at, (size_t)(h->end - text));
    if (!quote || (size_t)(quote - text) >= size)
        return false;
    memcpy(to, text, (size_t)(quote - text));
    to[quote - text] = '\0';
    h->at = quote + 1;
    return true;
}

static bool take_count(header *h, int64_t *to)
{
    skip_blanks(h);
    const char *first = h->at;
    for (*to = 0; h->at < h->end && *h->at >= '0' && *h->at <= '9'; h->at++)
        if (__builtin_mul_overflow(*to, 10, to) ||
            __builtin_add_overflow(*to, *h->at - '0', to))
            return false;
    return h->at > first;
}

/* A tuple of up to NPY_MAX_RANK counts; a tuple of one ends in a comma. */
static bool take_shape(header *h)
{
    bool comma = true;
    if (!take(h, "("))
        return false;
    while (!take(h, ")")) {
        if (!comma || h->rank == NPY_MAX_RANK || !take_count(h, &h->dims[h->rank]))
            return false;
        h->rank++;
        comma = take(h, ",");
    }
    return h->rank != 1 || comma;
}

static bool take_value(header *h, const char *key)
{
    if (strcmp(key, "descr") == 0)
        return take_string(h, h->dtype, sizeof h->dtype);
    if (strcmp(key, "shape") == 0)
        return take_shape(h);
    h->fortran_order = take(h, "True");
    return h->fortran_order || take(h, "False");
}

/* The whole dictionary: each of its three keys once. */
static bool take_header(header *h)
{
    static const char *const keys[] = {"descr", "fortran_order", "shape"};
    int seen = 0;
    bool comma = true;
    if (!take(h, "{"))
        return false;
    while (!take(h, "}")) {
        char key[16];
        int k = 0;
        if (!comma || !take_string(h, key, sizeof key))
            return false;
        while (k < 3 && strcmp(key, keys[k]) != 0)
            k++;
        if (k == 3 || (seen & 1 << k) || !take(h, ":") || !take_value(h, key))
            return false;
        seen |= 1 << k;
        comma = take(h, ",");
    }
    skip_blanks(h);
    return seen == 7 && h->at == h->end;
}

/* ---- reading --------------------------------------------------------------------- */

/* Find and parse the header; *data_at is where it ends. */
static vq_status read_header(header *h, const char *name, const unsigned char *bytes,
                             size_t size, size_t *data_at, vq_error *err)
{
    if (size < 12 || memcmp(bytes, NPY_MAGIC, 6) != 0)
        return vq_fail(err, VQ_EINPUT, "'%s' is not a .npy file", name);
    if (bytes[6] < 1 || bytes[6] > 2 || bytes[7] != 0)
        return vq_fail(err, VQ_EINPUT, "'%s' is .npy version %d.%d, not 1.0 or 2.0",
                       name, bytes[6], bytes[7]);
    uint32_t length = bytes[8] | (uint32_t)bytes[9] << 8;
    size_t start = 10;
    if (bytes[6] == 2) {
        length |= (uint32_t)bytes[10] << 16 | (uint32_t)bytes[11] << 24;
        start = 12;
    }
    if (length > size - start)
        return vq_fail(err, VQ_EINPUT,
                       "'%s': a header of %" PRIu32 " bytes in a file of %zu bytes",
                       name, length, size);
    h->start = h->at = (const char *)bytes + start;
    h->end = h->start + length;
    if (!take_header(h))
        return vq_fail(err, VQ_EINPUT, "'%s': the header is not understood at byte %zu",
                       name, start + (size_t)(h->at - h->start));
    *data_at = start + length;
    return VQ_OK;
}

vq_status npy_header_parse(npy_header *to, const char *name, const unsigned char *bytes,
                           size_t size, vq_error *err)
{
    header h = {0};
    *to = (npy_header){0};
    vq_status status = read_header(&h, name, bytes, size, &to->data_at, err);
    if (status != VQ_OK)
        return status;
    memcpy(to->dtype, h.dtype, sizeof to->dtype);
    memcpy(to->dims, h.dims, sizeof to->dims);
    to->fortran_order = h.fortran_order;
    to->rank = h.rank;
    return VQ_OK;
}

/* The kind of the integers and, from the shape, their number; their fit to the data. */
static vq_status check(npy_ints *a, npy_integer *kind, const header *h,
                       const char *name, size_t data_size, vq_error *err)
{
    int64_t size;
    if (!npy_integer_of(kind, h->dtype))
        return vq_fail(err, VQ_EINPUT, "'%s' holds '%s', where integers are needed",
                       name, h->dtype);
    a->rank = h->rank;
    a->count = 1;
    for (int i = 0; i < h->rank; i++) {
        a->dims[i] = h->dims[i];
        if (__builtin_mul_overflow(a->count, h->dims[i], &a->count))
            return vq_fail(err, VQ_EINPUT, "'%s': its shape is too large", name);
    }
    if (__builtin_mul_overflow(a->count, kind->size, &size) ||
        (uint64_t)size != data_size)
        return vq_fail(err, VQ_EINPUT,
                       "'%s': %zu bytes of data for %" PRId64 " values of %d bytes",
                       name, data_size, a->count, kind->size);
    return VQ_OK;
}

vq_status npy_parse(npy_ints *a, const char *name, const unsigned char *bytes,
                    size_t size, vq_error *err)
{
    vq_status status;
    header h = {0};
    size_t data_at = 0, data_size;
    npy_layout layout = {.dims = a->dims};
    *a = (npy_ints){0};
    TRY(read_header(&h, name, bytes, size, &data_at, err));
    TRY(check(a, &layout.kind, &h, name, size - data_at, err));
    layout.rank = a->rank;
    layout.fortran_order = h.fortran_order;
    data_size = (size_t)a->count * 4;
    a->v = malloc(data_size ? data_size : 1);
    if (!a->v) {
        status = vq_fail_memory(err, data_size);
        goto out;
    }
    TRY(npy_values_copy(&layout, name, bytes + data_at, data_at, a->count, a->v, err));
out:
    if (status != VQ_OK) {
        free(a->v);
        *a = (npy_ints){0};
    }
    return status;
}

vq_status npy_look(const char *name, const unsigned char *bytes, size_t n, int64_t size,
                   vq_error *err)
{
    vq_status status;
    header h = {0};
    npy_ints a = {0};
    npy_integer kind;
    size_t data_at;
    TRY(read_header(&h, name, bytes, n, &data_at, err));
    if (size >= 0)
        status = check(&a, &kind, &h, name, (size_t)size - data_at, err);
out:
    return status;
}

vq_status npy_read(npy_ints *a, const char *path, vq_error *err)
{
    unsigned char *bytes;
    size_t size;
    *a = (npy_ints){0};
    vq_status status =
        file_read_looking(path, NPY_FILE_MAX, npy_look, &bytes, &size, err);
    if (status == VQ_OK)
        status = npy_parse(a, file_input_name(path), bytes, size, err);
    free(bytes);
    return status;
}

/* ---- writing --------------------------------------------------------------------- */

size_t npy_header_make(char text[NPY_HEADER_MAX], const char *dtype, int rank,
                       const int64_t *dims)
{
    /* 10 bytes, up to 138 of text, and spaces to a multiple of 64, the last a newline
     */
    int at = 10;
    assert(rank >= 0 && rank <= NPY_MAX_RANK && strlen(dtype) == 3);
    memcpy(text, NPY_MAGIC "\x01", 8);
    at +=
        sprintf(text + at, "{'descr': '%s', 'fortran_order': False, 'shape': (", dtype);
    for (int i = 0; i < rank; i++)
        at += sprintf(text + at, i ? ", %" PRId64 : "%" PRId64, dims[i]);
    at += sprintf(text + at, rank == 1 ? ",), }" : "), }");
    int total = (at / 64 + 1) * 64; /* one byte more than the text at least */
    memset(text + at, ' ', (size_t)(total - at));
    text[total - 1] = '\n';
    text[8] = (char)(total - 10);
    text[9] = 0;
    return (size_t)total;
}

vq_status npy_write(const char *path, int rank, const int64_t *dims, const int32_t *v,
                    vq_error *err)
{
    char text[NPY_HEADER_MAX];
    size_t size = npy_header_make(text, "<i4", rank, dims), count = 1;
    for (int i = 0; i < rank; i++)
        count *= (size_t)dims[i];
    file_writer w;
    vq_status status = file_writer_open(&w, path, err);
    if (status != VQ_OK)
        return status;
    TRY(file_writer_put(&w, text, size, err));
    TRY(file_writer_put(&w, v, count * sizeof *v, err));
    TRY(file_writer_commit(&w, err));
out:
    file_writer_abort(&w);
    return status;
}
