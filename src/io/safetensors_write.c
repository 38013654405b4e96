/*
 * SPDX-License-Identifier: MIT
 *
 * Writing safetensors: the same tensors and metadata give the same bytes, whatever
 * order the tensors come in.
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "io/checksum.h"
#include "io/safetensors.h"

static const struct {
    const char *name;
    int size;
} dtypes[] = {
    [ST_F32] = {"F32", 4}, [ST_F16] = {"F16", 2}, [ST_I32] = {"I32", 4},
    [ST_I64] = {"I64", 8}, [ST_U8] = {"U8", 1},
};

typedef struct item {
    const st_tensor *t;
    int64_t size; /* bytes */
} item;

/* Wide elements first, so that with a padded header every tensor is aligned. */
static int by_alignment_and_name(const void *a, const void *b)
{
    const st_tensor *x = ((const item *)a)->t, *y = ((const item *)b)->t;
    if (dtypes[x->dtype].size != dtypes[y->dtype].size)
        return dtypes[x->dtype].size > dtypes[y->dtype].size ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* Bytes of a tensor; false where it cannot be written. */
static bool measure(const st_tensor *t, int64_t *size)
{
    if (t->dtype >= ST_OTHER || t->rank < 0 || t->rank > ST_MAX_RANK ||
        strcmp(t->name, "__metadata__") == 0)
        return false;
    *size = dtypes[t->dtype].size;
    for (int i = 0; i < t->rank; i++)
        if (t->dims[i] < 0 || __builtin_mul_overflow(*size, t->dims[i], size))
            return false;
    return true;
}

/* One entry at data offset `at`; NULL when out of memory. */
static json_t *make_entry(const st_tensor *t, int64_t at, int64_t size)
{
    json_t *shape = json_array();
    for (int i = 0; i < t->rank; i++)
        if (json_array_append_new(shape, json_integer(t->dims[i])) != 0) {
            json_decref(shape);
            return NULL;
        }
    return json_pack("{s:s,s:o,s:[I,I]}", "dtype", dtypes[t->dtype].name, "shape",
                     shape, "data_offsets", (json_int_t)at, (json_int_t)(at + size));
}

/* Add value (taken over; NULL is a failure) to object under a key not yet there. */
static vq_status add(json_t *object, const char *key, json_t *value, const char *path,
                     vq_error *err)
{
    bool twice = json_object_get(object, key) != NULL;
    if (!twice && json_object_set_new(object, key, value) == 0)
        return VQ_OK;
    if (twice)
        json_decref(value);
    vq_status status = json_check(err);
    return status != VQ_OK ? status
                           : vq_fail(err, VQ_EINPUT, "cannot write '%s': '%s' %s", path,
                                     key, twice ? "is there twice" : "is not UTF-8");
}

/* Measure and sort the tensors. */
static vq_status plan(item *items, const st_tensor *tensor, int n, const char *path,
                      vq_error *err)
{
    int64_t total = 0;
    for (int i = 0; i < n; i++) {
        items[i].t = &tensor[i];
        if (!measure(&tensor[i], &items[i].size) ||
            __builtin_add_overflow(total, items[i].size, &total))
            return vq_fail(err, VQ_EINPUT,
                           "cannot write '%s': tensor '%s' has no place in the format",
                           path, tensor[i].name);
    }
    qsort(items, (size_t)n, sizeof *items, by_alignment_and_name);
    return VQ_OK;
}

static vq_status add_metadata(json_t *root, const char *const *key,
                              const char *const *value, int n, const char *path,
                              vq_error *err)
{
    vq_status status = VQ_OK;
    json_t *metadata = json_object();
    TRY(add(root, "__metadata__", metadata, path, err));
    for (int i = 0; i < n; i++) {
        const char *text =
            strcmp(key[i], CHECKSUM_KEY) == 0 ? CHECKSUM_BLANK : value[i];
        TRY(add(metadata, key[i], json_string(text), path, err));
    }
out:
    return status;
}

static vq_status add_tensors(json_t *root, const item *items, int n, const char *path,
                             vq_error *err)
{
    vq_status status = VQ_OK;
    int64_t at = 0;
    for (int i = 0; i < n; i++) {
        const item *x = &items[i];
        TRY(add(root, x->t->name, make_entry(x->t, at, x->size), path, err));
        at += x->size;
    }
out:
    return status;
}

/* Length, header, padding, data; the header gets its checksum, where it has the place.
 */
static vq_status put_all(file_writer *w, char *header, const item *items, int n,
                         vq_error *err)
{
    vq_status status;
    size_t used = strlen(header), padding = -used % 8;
    uint64_t length = used + padding;
    size_t place = checksum_place(header, used);
    if (place < used) {
        uint32_t sum = checksum_add(0, &length, sizeof length);
        sum = checksum_add(sum, header, used);
        sum = checksum_add(sum, "        ", padding);
        for (int i = 0; i < n; i++)
            sum = checksum_add(sum, items[i].t->data, (size_t)items[i].size);
        checksum_digits(sum, header + place);
    }
    TRY(file_writer_put(w, &length, sizeof length, err));
    TRY(file_writer_put(w, header, used, err));
    TRY(file_writer_put(w, "        ", padding, err));
    for (int i = 0; i < n; i++)
        TRY(file_writer_put(w, items[i].t->data, (size_t)items[i].size, err));
    TRY(file_writer_commit(w, err));
out:
    return status;
}

vq_status st_write(const char *path, const st_tensor *tensor, int n,
                   const char *const *key, const char *const *value, int n_metadata,
                   vq_error *err)
{
    vq_status status;
    file_writer w = {0};
    char *header = NULL;
    json_t *root = json_object();
    item *items = calloc((size_t)n + 1, sizeof *items);
    TRY(json_check(err)); /* of root */
    if (!items) {
        status = vq_fail_memory(err, ((size_t)n + 1) * sizeof *items);
        goto out;
    }
    TRY(plan(items, tensor, n, path, err));
    if (n_metadata)
        TRY(add_metadata(root, key, value, n_metadata, path, err));
    TRY(add_tensors(root, items, n, path, err));
    status = json_print(&header, root, JSON_COMPACT, err);
    root = NULL;
    if (status != VQ_OK)
        goto out;
    if (strlen(header) > ST_HEADER_MAX - 8) {
        status = vq_fail(err, VQ_EINPUT, "cannot write '%s': a header of %zu bytes",
                         path, strlen(header));
        goto out;
    }
    TRY(file_writer_open(&w, path, err));
    TRY(put_all(&w, header, items, n, err));
out:
    file_writer_abort(&w);
    free(header);
    free(items);
    json_decref(root);
    return status;
}
