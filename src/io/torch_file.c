/* SPDX-License-Identifier: MIT */
#include "io/torch_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/pickle.h"
#include "io/tensor_names.h"
#include "io/torch_tensors.h"
#include "io/zip.h"

/* A file in the course of being parsed. */
typedef struct torch_file {
    st_file *f;
    const char *name;
    const unsigned char *bytes;
    size_t size;
    pickle p; /* of the object that was saved */
    torch_storages storages;
    vq_error *err;
} torch_file;

static vq_status fail(const torch_file *t, const char *reason)
{
    return vq_fail(t->err, VQ_EINPUT, "'%s': %s", t->name, reason);
}

/* The pickle at *at, before `end`; *at then is where it ends. */
static vq_status read_pickle(torch_file *t, pickle *p, size_t *at, size_t end)
{
    vq_status status = pickle_parse(p, t->bytes + *at, end - *at, torch_names,
                                    (pickle_place){.name = t->name, .at = *at}, t->err);
    *at += p->end;
    return status;
}

/*
 * Tensors of a file with a name that is not known are looked at too: whose model it is
 * says more than what else its training kept.
 */
static vq_status read_tensors(torch_file *t)
{
    vq_error unknown = {""};
    vq_status status = torch_tensors_read(t->f, &t->p, &t->storages, t->name,
                                          t->p.refused[0] ? &unknown : t->err);
    if (!t->p.refused[0])
        return status;
    status = tensor_names_refuse(t->f, t->name, t->err);
    if (status != VQ_OK)
        return status;
    return vq_fail(t->err, VQ_EINPUT,
                   "'%s' holds the Python object '%s' (byte %zu), and nothing but "
                   "tensors is read: save the model's state_dict() alone",
                   t->name, t->p.refused, t->p.refused_at);
}

/* ---- zip ---------------------------------------------------------------------------
 */

/* archive/NAME of the folder that holds data.pkl; NULL: none. */
static const zip_entry *find_in(const zip *z, const zip_entry *pickled,
                                const char *folder, const char *key, size_t key_size)
{
    char path[512];
    int base = (int)(pickled->name_size - strlen("data.pkl"));
    int n = snprintf(path, sizeof path, "%.*s%s%.*s", base, pickled->name, folder,
                     (int)key_size, key);
    return n < (int)sizeof path ? zip_find(z, path, (size_t)n) : NULL;
}

static const zip_entry *find_pickled(const zip *z)
{
    static const char ending[] = "/data.pkl";
    const size_t n = sizeof ending - 1;
    for (int i = 0; i < z->n; i++) {
        const zip_entry *e = &z->entry[i];
        if (e->name_size > n && e->name_size < 300 &&
            memcmp(e->name + e->name_size - n, ending, n) == 0)
            return e;
    }
    return NULL;
}

static vq_status find_storages(torch_file *t, const zip *z, const zip_entry *pickled)
{
    for (int i = 0; i < t->storages.n; i++) {
        torch_storage *s = &t->storages.v[i];
        const zip_entry *e = s->key_size < 100
                                 ? find_in(z, pickled, "data/", s->key, s->key_size)
                                 : NULL;
        size_t size = 0;
        if (!e)
            continue; /* whoever needs it says so */
        vq_status status = zip_data(z, e, &s->data, &size, t->err);
        if (status != VQ_OK)
            return status;
        if ((uint64_t)(s->count * s->element) != size)
            return vq_fail(
                t->err, VQ_EINPUT,
                "'%s': '%.*s' has %zu bytes for %" PRId64 " values of %d bytes",
                t->name, (int)e->name_size, e->name, size, s->count, s->element);
    }
    return VQ_OK;
}

static vq_status parse_zip(torch_file *t)
{
    zip z = {0};
    vq_status status;
    const unsigned char *data = NULL;
    size_t size = 0, at;
    TRY(zip_parse(&z, t->name, t->bytes, t->size, t->err));
    const zip_entry *pickled = find_pickled(&z);
    if (!pickled) {
        status = fail(t, "a zip archive without data.pkl, so not of PyTorch");
        goto out;
    }
    const zip_entry *order = find_in(&z, pickled, "", "byteorder", 9);
    if (order)
        TRY(zip_data(&z, order, &data, &size, t->err));
    if (order && (size != 6 || memcmp(data, "little", 6) != 0)) {
        status = fail(t, "its numbers are not little endian");
        goto out;
    }
    TRY(zip_data(&z, pickled, &data, &size, t->err));
    at = (size_t)(data - t->bytes);
    TRY(read_pickle(t, &t->p, &at, at + size));
    TRY(torch_storages_find(&t->storages, &t->p, t->name, t->err));
    TRY(find_storages(t, &z, pickled));
    status = read_tensors(t);
out:
    zip_release(&z);
    return status;
}

/* ---- legacy ------------------------------------------------------------------------
 */

static int by_key(const void *a, const void *b)
{
    const torch_storage *x = *(torch_storage *const *)a,
                        *y = *(torch_storage *const *)b;
    if (x->key_size != y->key_size)
        return x->key_size < y->key_size ? -1 : 1;
    return memcmp(x->key, y->key, x->key_size);
}

/* Give the data at *at to all storages of the key, and go behind it. */
static vq_status place_storage(torch_file *t, torch_storage **sorted,
                               const pickle_value *key, size_t *at)
{
    torch_storage wanted = {.key = key->text, .key_size = key->size}, *w = &wanted;
    uint64_t count;
    torch_storage **s =
        key->type == PICKLE_TEXT
            ? bsearch(&w, sorted, (size_t)t->storages.n, sizeof *sorted, by_key)
            : NULL;
    if (!s)
        return fail(t, "it holds a storage that nothing in it asks for");
    if (t->size - *at < 8)
        return fail(t, "it was cut short");
    memcpy(&count, t->bytes + *at, 8);
    *at += 8;
    const uint64_t bytes = (uint64_t)((*s)->count * (*s)->element);
    if (count != (uint64_t)(*s)->count || bytes > t->size - *at)
        return vq_fail(
            t->err, VQ_EINPUT,
            "'%s': a storage of %" PRIu64 " values at byte %zu, where %" PRId64
            " of %d bytes are announced and %zu bytes are left",
            t->name, count, *at - 8, (*s)->count, (*s)->element, t->size - *at);
    while (s > sorted && by_key(s - 1, s) == 0)
        s--;
    for (; s < sorted + t->storages.n && by_key(s, &w) == 0; s++) {
        if ((uint64_t)((*s)->count * (*s)->element) != bytes)
            return fail(t, "a storage that it asks for in two sizes");
        (*s)->data = t->bytes + *at;
    }
    *at += bytes;
    return VQ_OK;
}

static vq_status place_storages(torch_file *t, const pickle *keys, size_t at)
{
    const size_t n = (size_t)t->storages.n;
    torch_storage **sorted = malloc((n + 1) * sizeof *sorted);
    vq_status status = VQ_OK;
    if (!sorted)
        return vq_fail_memory(t->err, (n + 1) * sizeof *sorted);
    for (size_t i = 0; i < n; i++)
        sorted[i] = &t->storages.v[i];
    qsort(sorted, n, sizeof *sorted, by_key);
    for (int c = keys->value[keys->root].first; c && status == VQ_OK;
         c = keys->cell[c].next)
        status = place_storage(t, sorted, &keys->value[keys->cell[c].value], &at);
    free(sorted);
    return status;
}

/* A magic number, a protocol version, facts of the machine, the object, its keys. */
static vq_status parse_legacy(torch_file *t)
{
    pickle aside = {0};
    vq_status status;
    size_t at = 0;
    TRY(read_pickle(t, &aside, &at, t->size));
    pickle_release(&aside);
    TRY(read_pickle(t, &aside, &at, t->size));
    if (aside.value[aside.root].type != PICKLE_INT ||
        aside.value[aside.root].integer != 1001) {
        status = fail(t, "a protocol of PyTorch that is not known");
        goto out;
    }
    pickle_release(&aside);
    TRY(read_pickle(t, &aside, &at, t->size));
    const pickle_value *little =
        &aside.value[pickle_find(&aside, aside.root, "little_endian")];
    if (little->type != PICKLE_BOOL || !little->integer) {
        status = fail(t, "its numbers are not little endian");
        goto out;
    }
    pickle_release(&aside);
    TRY(read_pickle(t, &t->p, &at, t->size));
    TRY(torch_storages_find(&t->storages, &t->p, t->name, t->err));
    TRY(read_pickle(t, &aside, &at, t->size));
    if (!t->p.refused[0])
        TRY(place_storages(t, &aside, at));
    status = read_tensors(t);
out:
    pickle_release(&aside);
    return status;
}

vq_status torch_parse(st_file *f, const char *name, const unsigned char *bytes,
                      size_t size, vq_error *err)
{
    torch_file t = {.f = f, .name = name, .bytes = bytes, .size = size, .err = err};
    *f = (st_file){0};
    bool zipped = size >= 4 && memcmp(bytes, "PK\3\4", 4) == 0;
    vq_status status = zipped ? parse_zip(&t) : parse_legacy(&t);
    pickle_release(&t.p);
    torch_storages_release(&t.storages);
    if (status != VQ_OK)
        st_release(f);
    return status;
}
