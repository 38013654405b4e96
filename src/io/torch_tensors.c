/*
 * SPDX-License-Identifier: MIT
 *
 * A tensor is pickled as a call of _rebuild_tensor_v2(storage, offset, size, stride,
 * ...), a parameter as a call around that, a storage as a persistent value of
 * ('storage', class, key, device, count).
 */
#include "io/torch_tensors.h"

#include "io/tensor_names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- names -------------------------------------------------------------------------
 */

/* Indices of torch_names; storage classes are the first. */
enum { N_CLASSES = 10, PARAMETER = N_CLASSES, PARAMETER_WITH_STATE, TENSOR, TENSOR_V2 };

/* Those behind the tensors' own are values that nobody looks into. */
const char *const torch_names[] = {
    "torch.FloatStorage",
    "torch.HalfStorage",
    "torch.BFloat16Storage",
    "torch.DoubleStorage",
    "torch.LongStorage",
    "torch.IntStorage",
    "torch.ShortStorage",
    "torch.CharStorage",
    "torch.ByteStorage",
    "torch.BoolStorage",
    [PARAMETER] = "torch._utils._rebuild_parameter",
    [PARAMETER_WITH_STATE] = "torch._utils._rebuild_parameter_with_state",
    [TENSOR] = "torch._utils._rebuild_tensor",
    [TENSOR_V2] = "torch._utils._rebuild_tensor_v2",
    "torch.Size",
    "torch.device",
    "collections.OrderedDict",
    "collections.defaultdict",
    "argparse.Namespace",
    "builtins.set",
    "builtins.dict",
    "builtins.list",
    "__builtin__.set",
    "__builtin__.dict",
    "__builtin__.list",
    "_codecs.encode",
    "numpy.dtype",
    "numpy.ndarray",
    "numpy.core.multiarray._reconstruct",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray._reconstruct",
    "numpy._core.multiarray.scalar",
    NULL,
};

static const char *const class_dtype[N_CLASSES] = {"F32", "F16", "BF16", "F64", "I64",
                                                   "I32", "I16", "I8",   "U8",  "BOOL"};

/* The index of the name that v is; -1: it is no name. */
static int64_t name_of(const pickle *p, int v)
{
    return v && p->value[v].type == PICKLE_NAME ? p->value[v].integer : -1;
}

/* ---- storages ----------------------------------------------------------------------
 */

static bool read_storage(torch_storage *s, const pickle *p, int value)
{
    const int args = p->value[value].args;
    const int64_t class = name_of(p, pickle_item(p, args, 1));
    const pickle_value *key = &p->value[pickle_item(p, args, 2)];
    const int view = pickle_item(p, args, 5); /* in legacy files only */
    st_tensor t;
    *s = (torch_storage){.value = value};
    if (p->value[args].type != PICKLE_TUPLE ||
        !pickle_is_text(p, pickle_item(p, args, 0), "storage") || class < 0 ||
        class >= N_CLASSES || key->type != PICKLE_TEXT ||
        !pickle_count(p, args, 4, &s->count) ||
        (view && p->value[view].type != PICKLE_NONE))
        return false;
    s->key = key->text;
    s->key_size = key->size;
    s->dtype = class_dtype[class];
    s->element = st_set_dtype(&t, s->dtype);
    return s->count <= INT64_MAX / s->element;
}

vq_status torch_storages_find(torch_storages *s, const pickle *p, const char *name,
                              vq_error *err)
{
    size_t n = 0;
    *s = (torch_storages){0};
    for (int i = 0; i < p->n; i++)
        n += p->value[i].type == PICKLE_PERSISTENT;
    s->v = calloc(n + 1, sizeof *s->v);
    if (!s->v)
        return vq_fail_memory(err, (n + 1) * sizeof *s->v);
    for (int i = 0; i < p->n; i++)
        if (p->value[i].type == PICKLE_PERSISTENT &&
            !read_storage(&s->v[s->n++], p, i) && !p->refused[0])
            return vq_fail(err, VQ_EINPUT,
                           "'%s': storage %d is described in an unknown way", name,
                           s->n - 1);
    return VQ_OK;
}

void torch_storages_release(torch_storages *s)
{
    free(s->v);
    *s = (torch_storages){0};
}

static int by_value(const void *a, const void *b)
{
    const torch_storage *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

/* ---- one tensor --------------------------------------------------------------------
 */

/* The arguments of the call that makes the tensor v; 0: v is no tensor. */
static int tensor_args(const pickle *p, int v)
{
    if (p->value[v].type != PICKLE_CALL)
        return 0;
    int64_t name = name_of(p, p->value[v].callee);
    if (name == PARAMETER || name == PARAMETER_WITH_STATE) {
        v = pickle_item(p, p->value[v].args, 0);
        name = p->value[v].type == PICKLE_CALL ? name_of(p, p->value[v].callee) : -1;
    }
    return name == TENSOR || name == TENSOR_V2 ? p->value[v].args : 0;
}

/* The shape; *last becomes the element that the last value is. */
static bool read_shape(st_tensor *t, const pickle *p, int args, int64_t *last)
{
    const int size = pickle_item(p, args, 2), stride = pickle_item(p, args, 3);
    int64_t packed = 1;
    if (!pickle_count(p, args, 1, last) || p->value[size].type != PICKLE_TUPLE ||
        p->value[stride].type != PICKLE_TUPLE || p->value[size].n > ST_MAX_RANK ||
        p->value[size].n != p->value[stride].n)
        return false;
    t->rank = p->value[size].n;
    t->count = 1;
    for (int i = 0; i < t->rank; i++)
        if (!pickle_count(p, size, i, &t->dims[i]) ||
            !pickle_count(p, stride, i, &t->stride[i]) ||
            __builtin_mul_overflow(t->count, t->dims[i], &t->count))
            return false;
    for (int i = t->rank - 1; i >= 0 && t->count; i--) {
        int64_t span;
        if (__builtin_mul_overflow(t->dims[i] - 1, t->stride[i], &span) ||
            __builtin_add_overflow(*last, span, last))
            return false;
        t->strided = t->strided || (t->dims[i] > 1 && t->stride[i] != packed);
        packed *= t->dims[i]; /* at most count */
    }
    return true;
}

static vq_status read_tensor(st_tensor *t, const pickle *p, int args,
                             const torch_storages *storages, const char *name,
                             vq_error *err)
{
    const torch_storage wanted = {.value = pickle_item(p, args, 0)};
    const torch_storage *s = bsearch(&wanted, storages->v, (size_t)storages->n,
                                     sizeof *storages->v, by_value);
    int64_t last, offset;
    /* a storage without dtype is of a class that is not known */
    if (!s || !s->dtype || !read_shape(t, p, args, &last) ||
        !pickle_count(p, args, 1, &offset))
        return vq_fail(err, VQ_EINPUT,
                       "'%s': tensor '%s' is described in an unknown way", name,
                       t->name);
    if (t->count && last >= s->count)
        return vq_fail(err, VQ_EINPUT,
                       "'%s': tensor '%s' ends at element %" PRId64
                       " of a storage of %" PRId64,
                       name, t->name, last, s->count);
    if (t->count > s->count) /* then no more is allocated than the file holds */
        return vq_fail(err, VQ_EINPUT, "'%s': the values of tensor '%s' overlap", name,
                       t->name);
    if (t->count && !s->data)
        return vq_fail(err, VQ_EINPUT, "'%s': the data of tensor '%s' is missing", name,
                       t->name);
    st_set_dtype(t, s->dtype);
    t->size = (size_t)(t->count * s->element);
    t->data = t->count ? s->data + offset * s->element : NULL;
    return VQ_OK;
}

/* ---- the state_dict ----------------------------------------------------------------
 */

/* Where trainings keep it, the weights that are trained before averages of them. */
static const char *const places[] = {
    "state_dict", "model_state_dict", "model",    "net",
    "ema",        "ema_state_dict",   "model_ema"};
enum { N_PLACES = 7, DEPTH_MAX = 2 };

/* The items of a dictionary one after another: *cell 0 begins, and ends. */
static bool next_item(const pickle *p, int dict, int *cell, int *key, int *value)
{
    const pickle_value *d = &p->value[dict];
    if (d->type != PICKLE_DICT && d->type != PICKLE_CALL)
        return false;
    *cell = *cell ? p->cell[p->cell[*cell].next].next : d->first;
    if (!*cell || !p->cell[*cell].next)
        return false;
    *key = p->cell[*cell].value;
    *value = p->cell[p->cell[*cell].next].value;
    return true;
}

static int count_tensors(const pickle *p, int dict)
{
    int n = 0;
    for (int cell = 0, key, v; next_item(p, dict, &cell, &key, &v);)
        n += tensor_args(p, v) != 0;
    return n;
}

/* The dictionary of tensors in v, and in path the keys to it; 0: none. */
static int find_state(const pickle *p, int v, int depth, char path[64],
                      const char **other)
{
    int found = 0;
    for (int i = 0; i < N_PLACES && depth < DEPTH_MAX; i++) {
        char below[64] = "";
        int place = pickle_find(p, v, places[i]);
        int state = place ? find_state(p, place, depth + 1, below, other) : 0;
        if (state && found) {
            *other = places[i];
        } else if (state) {
            found = state;
            snprintf(path, 64, "%.20s%s%.40s", places[i], below[0] ? "." : "", below);
        }
    }
    return found ? found : count_tensors(p, v) ? v : 0;
}

/* A copy of a key as the tensor's name. */
static vq_status copy_name(st_tensor *t, const pickle_value *key, const char *name,
                           vq_error *err)
{
    if (key->type != PICKLE_TEXT || memchr(key->text, '\0', key->size))
        return vq_fail(err, VQ_EINPUT, "'%s': a tensor whose name is no text", name);
    t->name = malloc(key->size + 1);
    if (!t->name)
        return vq_fail_memory(err, key->size + 1);
    memcpy(t->name, key->text, key->size);
    t->name[key->size] = '\0';
    return VQ_OK;
}

vq_status torch_tensors_read(st_file *f, const pickle *p, const torch_storages *s,
                             const char *name, vq_error *err)
{
    vq_status status = VQ_OK;
    char path[64] = "";
    const char *other = NULL;
    int state = find_state(p, p->root, 0, path, &other);
    size_t n = (size_t)count_tensors(p, state);
    if (!n)
        return vq_fail(err, VQ_EINPUT, "'%s' holds no tensors by name", name);
    f->tensor = calloc(n, sizeof *f->tensor);
    if (!f->tensor)
        return vq_fail_memory(err, n * sizeof *f->tensor);
    for (int cell = 0, key, v; next_item(p, state, &cell, &key, &v);) {
        int args = tensor_args(p, v);
        if (!args)
            continue;
        st_tensor *t = &f->tensor[f->n];
        TRY(copy_name(t, &p->value[key], name, err));
        f->n++;
        TRY(read_tensor(t, p, args, s, name, err));
    }
    if (path[0])
        tensor_names_note(f, "the weights are those under '%s'", path);
    if (other)
        tensor_names_note(f, "others, under '%s', are left out", other);
out:
    return status;
}
