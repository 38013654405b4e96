/* SPDX-License-Identifier: MIT */
#include "prior/prior_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/finite.h"
#include "base/version.h"
#include "io/checksum.h"
#include "io/half.h"

/* ---- masks ------------------------------------------------------------------------
 */

/* Kernel size in files; false for what is no masked convolution. */
static bool file_kernel(const pixelcnn *net, int index, int *kh, int *kw)
{
    for (int i = 0; i < net->shape.depth; i++) {
        prior_taps taps;
        if (index == net->layer[i].vertical.weight)
            taps = prior_vertical_taps(&net->shape, i);
        else if (index == net->layer[i].horizontal.weight)
            taps = prior_horizontal_taps(&net->shape, i);
        else
            continue;
        *kh = taps.file_kh;
        *kw = taps.file_kw;
        return true;
    }
    return false;
}

/* Dims in files, and how many values that is. */
static size_t file_dims(const pixelcnn *net, int index, int64_t dims[4])
{
    const param *p = &net->p.table[index];
    int kh, kw;
    size_t count = 1;
    for (int r = 0; r < p->rank; r++)
        dims[r] = p->dims[r];
    if (file_kernel(net, index, &kh, &kw)) {
        dims[2] = kh;
        dims[3] = kw;
    }
    for (int r = 0; r < p->rank; r++)
        count *= (size_t)dims[r];
    return count;
}

/*
 * Between whole kernels [rows, kh, kw] and their live part: the first p.dims[2] rows
 * and p.dims[3] columns of each. Writing leaves the rest as it is.
 */
static void mask_copy(const param *p, const int64_t dims[4], float *whole, float *live,
                      bool write)
{
    size_t kernels = (size_t)p->dims[0] * (size_t)p->dims[1];
    for (size_t i = 0; i < kernels; i++, whole += dims[2] * dims[3])
        for (int row = 0; row < p->dims[2]; row++, live += p->dims[3])
            if (write)
                memcpy(whole + row * dims[3], live, (size_t)p->dims[3] * sizeof *live);
            else
                memcpy(live, whole + row * dims[3], (size_t)p->dims[3] * sizeof *live);
}

/* ---- saving -----------------------------------------------------------------------
 */

enum { METADATA = 9 };

typedef struct metadata {
    const char *key[METADATA], *value[METADATA];
    char model[32], grid[32], step[32], nats[32];
    int n;
} metadata;

static void metadata_add(metadata *md, const char *key, const char *value)
{
    md->key[md->n] = key;
    md->value[md->n++] = value;
}

static void metadata_make(metadata *md, const prior_facts *facts)
{
    md->n = 0;
    metadata_add(md, "format", "vqvae-prior");
    metadata_add(md, "version", VQ_VERSION);
    metadata_add(md, CHECKSUM_KEY, CHECKSUM_BLANK);
    metadata_add(md, "nameless", facts->nameless ? "true" : "false");
    metadata_add(md, "classes", facts->classes);
    snprintf(md->model, sizeof md->model, "%016" PRIx64, facts->model);
    metadata_add(md, "model", md->model);
    snprintf(md->grid, sizeof md->grid, "%dx%d", facts->h, facts->w);
    metadata_add(md, "grid", md->grid);
    snprintf(md->step, sizeof md->step, "%" PRId64, facts->step);
    metadata_add(md, "step", md->step);
    snprintf(md->nats, sizeof md->nats, "%.9g", facts->nats);
    metadata_add(md, "nats", md->nats);
}

/* Floats to F16 in place; false when a value is beyond its range. */
static bool narrow(float *v, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        uint16_t x = half_from_float(v[k]);
        if (!isfinite(half_to_float(x)))
            return false;
        memcpy((unsigned char *)v + 2 * k, &x, sizeof x);
    }
    return true;
}

/* One tensor as a file holds it; `live` has room for its parameter. */
static bool tensor_make(const pixelcnn *net, int i, bool half, float *values,
                        float *live, st_tensor *out)
{
    const param *p = &net->p.table[i];
    int kh, kw;
    *out = (st_tensor){.name = (char *)p->name,
                       .dtype = half ? ST_F16 : ST_F32,
                       .rank = p->rank,
                       .data = (unsigned char *)values};
    size_t count = file_dims(net, i, out->dims);
    param_to_file(p, net->p.value + p->offset, live);
    if (file_kernel(net, i, &kh, &kw))
        mask_copy(p, out->dims, values, live, true);
    else
        memcpy(values, live, count * sizeof *live);
    return !half || narrow(values, count);
}

vq_status prior_save(const pixelcnn *net, const prior_facts *facts, bool half,
                     const char *path, vq_error *err)
{
    vq_status status = VQ_OK;
    size_t total = 0, most = 0, at = 0;
    int64_t dims[4];
    metadata md;
    for (int i = 0; i < net->p.n; i++) {
        size_t count = file_dims(net, i, dims);
        total += count;
        most = count > most ? count : most;
    }
    float *values = calloc(total + most, sizeof *values), *live = values + total;
    st_tensor *out = calloc((size_t)net->p.n, sizeof *out);
    if (!values || !out) {
        status = vq_fail_memory(err, (total + most) * sizeof *values);
        goto out;
    }
    for (int i = 0; i < net->p.n; i++) {
        if (!tensor_make(net, i, half, values + at, live, &out[i])) {
            status = vq_fail(err, VQ_EINPUT,
                             "tensor '%s' has values too large for 16-bit floats",
                             net->p.table[i].name);
            goto out;
        }
        at += file_dims(net, i, dims);
    }
    metadata_make(&md, facts);
    status = st_write(path, out, net->p.n, md.key, md.value, md.n, err);
out:
    free(values);
    free(out);
    return status;
}

/* ---- loading ----------------------------------------------------------------------
 */

/* Dimension `axis` of a tensor; 0 when there is no such tensor or axis. */
static int dim_of(const st_file *f, const char *name, int axis)
{
    const st_tensor *t = st_find(f, name);
    return t && axis < t->rank && t->dims[axis] <= INT32_MAX ? (int)t->dims[axis] : 0;
}

/* How many tensors there are whose name is the format's with 1 or 0, 1, ... in it. */
static int count_of(const st_file *f, const char *prefix, const char *suffix, int first,
                    int most)
{
    char name[PARAM_NAME_MAX];
    for (int i = first; i <= most; i++) {
        snprintf(name, sizeof name, "%s%d%s", prefix, i, suffix);
        if (!st_find(f, name))
            return i;
    }
    return most + 1;
}

static vq_status shape_of(prior_shape *s, const st_file *f, const char *name,
                          vq_error *err)
{
    vq_error why = {""};
    if (!st_find(f, "layers.0.vert_stack.weight") ||
        !st_find(f, "output_conv.2.weight"))
        return vq_fail(err, VQ_EINPUT,
                       "'%s': the tensor names are not those of a prior", name);
    *s = (prior_shape){
        .codes = dim_of(f, "output_conv.2.weight", 0),
        .books = count_of(f, "books.", ".embedding.weight", 1, PRIOR_BOOKS_MAX),
        .classes = dim_of(f, "layers.0.class_cond_embedding.weight", 0),
        .width = dim_of(f, "embedding.weight", 1),
        .depth = count_of(f, "layers.", ".vert_stack.weight", 0, PRIOR_DEPTH_MAX),
        .first = dim_of(f, "layers.0.vert_stack.weight", 3),
        .kernel = dim_of(f, "layers.1.vert_stack.weight", 3),
        .hidden = dim_of(f, "output_conv.0.weight", 0)};
    if (s->depth == 1)
        s->kernel = 3; /* no layer has it */
    if (prior_shape_check(s, &why) != VQ_OK)
        return vq_fail(err, VQ_EINPUT, "'%s': the tensors' shapes: %s", name,
                       why.message);
    return VQ_OK;
}

/* Every tensor of the network is there with its shape, and no other. */
static vq_status check_tensors(const pixelcnn *net, const st_file *f, const char *name,
                               vq_error *err)
{
    for (int i = 0; i < f->n; i++)
        if (params_find(&net->p, f->tensor[i].name) < 0)
            return vq_fail(err, VQ_EINPUT, "'%s': tensor '%s' is not part of the prior",
                           name, f->tensor[i].name);
    for (int i = 0; i < net->p.n; i++) {
        const param *p = &net->p.table[i];
        const st_tensor *t = st_find(f, p->name);
        int64_t dims[4];
        file_dims(net, i, dims);
        if (!t)
            return vq_fail(err, VQ_EINPUT, "'%s': tensor '%s' is missing", name,
                           p->name);
        bool same = t->rank == p->rank;
        for (int r = 0; r < p->rank && same; r++)
            same = t->dims[r] == dims[r];
        if (!same)
            return vq_fail(err, VQ_EINPUT,
                           "'%s': tensor '%s' has a shape that does not fit the others",
                           name, p->name);
    }
    return VQ_OK;
}

static vq_status fill_one(pixelcnn *net, int i, const st_file *f, const char *name,
                          float *values, float *live, vq_error *err)
{
    const param *p = &net->p.table[i];
    const st_tensor *t = st_find(f, p->name);
    int kh, kw;
    vq_status status = st_floats(t, values, err);
    if (status != VQ_OK)
        return status;
    if (file_kernel(net, i, &kh, &kw))
        mask_copy(p, t->dims, values, live, false);
    else
        memcpy(live, values, p->count * sizeof *live);
    if (!all_finite(live, p->count))
        return vq_fail(err, VQ_EINPUT, "'%s': tensor '%s' holds a NaN or infinity",
                       name, p->name);
    param_from_file(p, live, net->p.value + p->offset);
    return VQ_OK;
}

static vq_status fill(pixelcnn *net, const st_file *f, const char *name, vq_error *err)
{
    vq_status status = VQ_OK;
    size_t most = 0;
    int64_t dims[4];
    for (int i = 0; i < net->p.n; i++) {
        size_t count = file_dims(net, i, dims);
        most = count > most ? count : most;
    }
    float *values = malloc(2 * most * sizeof *values);
    if (!values)
        return vq_fail_memory(err, 2 * most * sizeof *values);
    for (int i = 0; i < net->p.n && status == VQ_OK; i++)
        status = fill_one(net, i, f, name, values, values + most, err);
    free(values);
    return status;
}

static vq_status read_facts(prior_facts *facts, const pixelcnn *net, const st_file *f,
                            const char *name, vq_error *err)
{
    const char *model = st_metadata(f, "model"), *grid = st_metadata(f, "grid");
    const char *nameless = st_metadata(f, "nameless");
    const char *classes = st_metadata(f, "classes"), *step = st_metadata(f, "step");
    const char *nats = st_metadata(f, "nats");
    *facts = (prior_facts){0};
    if (model && sscanf(model, "%16" SCNx64, &facts->model) != 1)
        return vq_fail(err, VQ_EINPUT, "'%s': the model's fingerprint is '%.40s'", name,
                       model);
    if (grid && (sscanf(grid, "%6dx%6d", &facts->h, &facts->w) != 2 || facts->h < 0 ||
                 facts->w < 0))
        return vq_fail(err, VQ_EINPUT, "'%s': the grid is '%.40s'", name, grid);
    facts->nameless =
        nameless && strcmp(nameless, "true") == 0 && net->shape.classes > 0;
    if (classes && strlen(classes) >= sizeof facts->classes)
        return vq_fail(err, VQ_EINPUT, "'%s': its class names are too long", name);
    if (classes)
        strcpy(facts->classes, classes);
    double steps = 0, loss = 0;
    if ((step && !decimal_read(step, &steps)) || (nats && !decimal_read(nats, &loss)))
        return vq_fail(err, VQ_EINPUT, "'%s': its step is '%.40s', its nats '%.40s'",
                       name, step ? step : "", nats ? nats : "");
    facts->step = steps >= 0 && steps < 1e15 ? (int64_t)steps : 0;
    facts->nats = loss >= 0 && loss < 1e3 ? loss : 0;
    return VQ_OK;
}

vq_status prior_load(pixelcnn *net, prior_facts *facts, const st_file *f,
                     const char *name, vq_error *err)
{
    vq_status status;
    prior_shape shape;
    *net = (pixelcnn){0};
    TRY(shape_of(&shape, f, name, err));
    /* shapes first: then no more is allocated than the file holds */
    pixelcnn_layout(net, &shape);
    TRY(check_tensors(net, f, name, err));
    TRY(params_allocate(&net->p, err));
    TRY(fill(net, f, name, err));
    TRY(read_facts(facts, net, f, name, err));
out:
    if (status != VQ_OK)
        pixelcnn_release(net);
    return version_explain(status, st_metadata(f, "version"), err);
}
