/*
 * SPDX-License-Identifier: MIT
 *
 * Reading safetensors. A file comes from anywhere, so nothing in it is believed: the
 * invariant of a parsed file is that its tensors tile the data exactly, in order, each
 * as long as its type and shape say.
 */
#include "io/safetensors.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "io/checksum.h"

#define ST_FILE_MAX ((size_t)UINT32_MAX)

static const struct {
    const char *name;
    st_dtype dtype;
    int size;
} dtypes[] = {
    {"F32", ST_F32, 4},       {"F16", ST_F16, 2},       {"I32", ST_I32, 4},
    {"I64", ST_I64, 8},       {"U8", ST_U8, 1},         {"BF16", ST_OTHER, 2},
    {"F64", ST_OTHER, 8},     {"BOOL", ST_OTHER, 1},    {"I8", ST_OTHER, 1},
    {"I16", ST_OTHER, 2},     {"U16", ST_OTHER, 2},     {"U32", ST_OTHER, 4},
    {"U64", ST_OTHER, 8},     {"F8_E4M3", ST_OTHER, 1}, {"F8_E5M2", ST_OTHER, 1},
    {"F8_E8M0", ST_OTHER, 1}, {"C64", ST_OTHER, 8},
};
#define N_DTYPES ((int)(sizeof dtypes / sizeof *dtypes))

typedef struct parser {
    st_file *f;
    const char *name; /* of the file */
    const unsigned char *data;
    size_t data_at, data_size; /* where data begins in the file */
    vq_error *err;
} parser;

static vq_status fail_tensor(const parser *p, const char *tensor, const char *reason)
{
    return vq_fail(p->err, VQ_EINPUT, "'%s': tensor '%s': %s", p->name, tensor, reason);
}

static vq_status copy_text(char **to, const char *from, vq_error *err)
{
    size_t size = strlen(from) + 1;
    *to = malloc(size);
    if (!*to)
        return vq_fail_memory(err, size);
    memcpy(*to, from, size);
    return VQ_OK;
}

/* ---- the header ------------------------------------------------------------------ */

/* Find the header and parse its JSON; *root is the caller's. */
static vq_status read_header(parser *p, const unsigned char *bytes, size_t size,
                             json_t **root)
{
    if (size < 8)
        return vq_fail(p->err, VQ_EINPUT,
                       "'%s' is not a safetensors file: it ends at byte %zu", p->name,
                       size);
    uint64_t length;
    memcpy(&length, bytes, 8);
    if (length > ST_HEADER_MAX)
        return vq_fail(p->err, VQ_EINPUT,
                       "'%s' is not a safetensors file: a header of %" PRIu64
                       " bytes, more than %u",
                       p->name, length, ST_HEADER_MAX);
    if (length > size - 8)
        return vq_fail(p->err, VQ_EINPUT,
                       "'%s': a header of %" PRIu64 " bytes in a file of %zu bytes",
                       p->name, length, size);
    json_error_t error;
    vq_status status = json_parse(root, bytes + 8, (size_t)length, &error, p->err);
    if (status != VQ_OK)
        return status;
    if (!*root)
        return vq_fail(p->err, VQ_EINPUT, "'%s': header, byte %d: %s", p->name,
                       8 + error.position, error.text);
    if (!json_is_object(*root))
        return vq_fail(p->err, VQ_EINPUT, "'%s': the header is not an object", p->name);
    p->data = bytes + 8 + length;
    p->data_at = 8 + (size_t)length;
    p->data_size = size - p->data_at;
    return VQ_OK;
}

static vq_status read_metadata(parser *p, json_t *object)
{
    st_file *f = p->f;
    const char *key;
    json_t *value;
    vq_status status = VQ_OK;
    if (!json_is_object(object))
        return vq_fail(p->err, VQ_EINPUT, "'%s': __metadata__ is not an object",
                       p->name);
    size_t n = json_object_size(object);
    if (!n)
        return VQ_OK;
    f->key = calloc(n, sizeof *f->key);
    f->value = calloc(n, sizeof *f->value);
    if (!f->key || !f->value)
        return vq_fail_memory(p->err, n * sizeof *f->key);
    json_object_foreach(object, key, value)
    {
        if (!json_is_string(value))
            return vq_fail(p->err, VQ_EINPUT,
                           "'%s': __metadata__: the value of '%s' is not a string",
                           p->name, key);
        int i = f->n_metadata++;
        TRY(copy_text(&f->key[i], key, p->err));
        TRY(copy_text(&f->value[i], json_string_value(value), p->err));
    }
out:
    return status;
}

int st_set_dtype(st_tensor *t, const char *name)
{
    for (int i = 0; i < N_DTYPES; i++)
        if (strcmp(name, dtypes[i].name) == 0) {
            t->dtype = dtypes[i].dtype;
            strcpy(t->dtype_name, name);
            return dtypes[i].size;
        }
    return 0;
}

/* ---- one tensor ------------------------------------------------------------------ */

/* A JSON integer that is not negative; false for anything else. */
static bool read_size(const json_t *json, int64_t *to)
{
    if (!json_is_integer(json) || json_integer_value(json) < 0)
        return false;
    *to = json_integer_value(json);
    return true;
}

static vq_status read_shape(parser *p, st_tensor *t, const json_t *shape)
{
    if (!json_is_array(shape))
        return fail_tensor(p, t->name, "no shape");
    if (json_array_size(shape) > ST_MAX_RANK)
        return fail_tensor(p, t->name, "more than 8 dimensions");
    t->rank = (int)json_array_size(shape);
    t->count = 1;
    for (int i = 0; i < t->rank; i++) {
        if (!read_size(json_array_get(shape, (size_t)i), &t->dims[i]))
            return fail_tensor(p, t->name, "a dimension is not a count");
        if (__builtin_mul_overflow(t->count, t->dims[i], &t->count))
            return fail_tensor(p, t->name, "its shape is too large");
    }
    return VQ_OK;
}

static vq_status read_dtype(parser *p, st_tensor *t, const json_t *dtype, int *size)
{
    const char *name = json_string_value(dtype);
    if (!name)
        return fail_tensor(p, t->name, "no dtype");
    *size = st_set_dtype(t, name);
    if (!*size)
        return vq_fail(p->err, VQ_EINPUT, "'%s': tensor '%s': unknown dtype '%s'",
                       p->name, t->name, name);
    return VQ_OK;
}

static vq_status read_offsets(parser *p, st_tensor *t, const json_t *offsets,
                              int element)
{
    int64_t begin, end, size;
    if (!json_is_array(offsets) || json_array_size(offsets) != 2 ||
        !read_size(json_array_get(offsets, 0), &begin) ||
        !read_size(json_array_get(offsets, 1), &end))
        return fail_tensor(p, t->name, "data_offsets are not two counts");
    if (begin > end || (uint64_t)end > p->data_size)
        return vq_fail(p->err, VQ_EINPUT,
                       "'%s': tensor '%s': data_offsets %" PRId64 " to %" PRId64
                       " in data of %zu bytes",
                       p->name, t->name, begin, end, p->data_size);
    if (__builtin_mul_overflow(t->count, element, &size) || size != end - begin)
        return vq_fail(p->err, VQ_EINPUT,
                       "'%s': tensor '%s': %" PRId64 " bytes of data for %" PRId64
                       " values of %d bytes",
                       p->name, t->name, end - begin, t->count, element);
    t->data = p->data + begin;
    t->size = (size_t)size;
    return VQ_OK;
}

static vq_status read_tensor(parser *p, const char *name, const json_t *entry)
{
    vq_status status;
    st_tensor *t = &p->f->tensor[p->f->n];
    int element = 0;
    TRY(copy_text(&t->name, name, p->err));
    p->f->n++;
    if (!json_is_object(entry))
        return fail_tensor(p, name, "its entry is not an object");
    TRY(read_dtype(p, t, json_object_get(entry, "dtype"), &element));
    TRY(read_shape(p, t, json_object_get(entry, "shape")));
    TRY(read_offsets(p, t, json_object_get(entry, "data_offsets"), element));
    if (json_object_size(entry) != 3)
        return fail_tensor(p, name, "more than dtype, shape and data_offsets");
out:
    return status;
}

/* ---- all of them ----------------------------------------------------------------- */

static int by_offset(const void *a, const void *b)
{
    const st_tensor *x = a, *y = b;
    if (x->data != y->data)
        return x->data < y->data ? -1 : 1;
    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* Sort the tensors and see that they cover the data without a hole or an overlap. */
static vq_status check_layout(parser *p)
{
    st_file *f = p->f;
    size_t at = 0;
    if (f->n)
        qsort(f->tensor, (size_t)f->n, sizeof *f->tensor, by_offset);
    for (int i = 0; i < f->n; i++) {
        size_t begin = (size_t)(f->tensor[i].data - p->data);
        if (begin != at)
            return vq_fail(p->err, VQ_EINPUT,
                           "'%s': tensor '%s' begins at byte %zu, %zu bytes %s the one "
                           "before it ends",
                           p->name, f->tensor[i].name, p->data_at + begin,
                           begin > at ? begin - at : at - begin,
                           begin > at ? "after" : "before");
        at = begin + f->tensor[i].size;
    }
    if (at != p->data_size)
        return vq_fail(p->err, VQ_EINPUT,
                       "'%s': %zu bytes after the last tensor ends at byte %zu",
                       p->name, p->data_size - at, p->data_at + at);
    return VQ_OK;
}

static vq_status read_entries(parser *p, json_t *root)
{
    const char *name;
    json_t *entry;
    vq_status status = VQ_OK;
    size_t n = json_object_size(root);
    p->f->tensor = calloc(n + 1, sizeof *p->f->tensor);
    if (!p->f->tensor)
        return vq_fail_memory(p->err, (n + 1) * sizeof *p->f->tensor);
    json_object_foreach(root, name, entry)
    {
        if (strcmp(name, "__metadata__") == 0)
            TRY(read_metadata(p, entry));
        else
            TRY(read_tensor(p, name, entry));
    }
out:
    return status;
}

/* All that the header says, held against the size of the file; of its data no byte is
 * looked at. */
static vq_status parse_header(st_file *f, const char *name, const unsigned char *bytes,
                              size_t size, vq_error *err)
{
    vq_status status;
    json_t *root = NULL;
    parser p = {.f = f, .name = name, .err = err};
    *f = (st_file){0};
    TRY(read_header(&p, bytes, size, &root));
    TRY(read_entries(&p, root));
    TRY(check_layout(&p));
out:
    json_decref(root);
    return status;
}

_Static_assert(FILE_LOOK_BYTES >= 8 + ST_HEADER_MAX, "a look must see all of a header");

vq_status st_look(const char *name, const unsigned char *bytes, size_t n, int64_t size,
                  vq_error *err)
{
    st_file f = {0};
    uint64_t length = 0;
    vq_status status = VQ_OK;
    memcpy(&length, bytes, n < 8 ? n : 8);
    if (size >= 0 || length < 2 || length > ST_HEADER_MAX) /* at least {} */
        status = parse_header(&f, name, bytes, size >= 0 ? (size_t)size : n, err);
    st_release(&f);
    return status;
}

vq_status st_parse(st_file *f, const char *name, const unsigned char *bytes,
                   size_t size, vq_error *err)
{
    vq_status status;
    TRY(parse_header(f, name, bytes, size, err));
    TRY(checksum_check(st_metadata(f, CHECKSUM_KEY), st_metadata(f, "format"),
                       st_metadata(f, "version"), name, bytes, size, err));
out:
    if (status != VQ_OK)
        st_release(f);
    return status;
}

vq_status st_read(st_file *f, const char *path, vq_error *err)
{
    unsigned char *bytes;
    size_t size;
    *f = (st_file){0};
    vq_status status =
        file_read_looking(path, ST_FILE_MAX, st_look, &bytes, &size, err);
    if (status != VQ_OK)
        return status;
    status = st_parse(f, file_input_name(path), bytes, size, err);
    if (status == VQ_OK)
        f->bytes = bytes;
    else
        free(bytes);
    return status;
}

void st_release(st_file *f)
{
    for (int i = 0; i < f->n; i++)
        free(f->tensor[i].name);
    for (int i = 0; i < f->n_metadata; i++) {
        free(f->key[i]);
        free(f->value[i]);
    }
    free(f->tensor);
    free(f->key);
    free(f->value);
    free(f->bytes);
    *f = (st_file){0};
}

/* ---- use ------------------------------------------------------------------------- */

const st_tensor *st_find(const st_file *f, const char *name)
{
    for (int i = 0; i < f->n; i++)
        if (strcmp(f->tensor[i].name, name) == 0)
            return &f->tensor[i];
    return NULL;
}

const char *st_metadata(const st_file *f, const char *key)
{
    for (int i = 0; i < f->n_metadata; i++)
        if (strcmp(f->key[i], key) == 0)
            return f->value[i];
    return NULL;
}
