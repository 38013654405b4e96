/* SPDX-License-Identifier: MIT */
#include "data/dataset.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "data/cifar_find.h"
#include "data/pictures.h"
#include "data/shapes.h"

/* The kinds of data: the first that knows what it is given opens it. */
static const source_kind *const kinds[] = {&shapes_data, &cifar_files,
                                           &pictures_folder};
#define N_KINDS (sizeof kinds / sizeof *kinds)

bool dataset_is_name(const char *data)
{
    for (size_t i = 0; i < N_KINDS; i++)
        for (const char *const *name = kinds[i]->name; *name; name++)
            if (strcmp(data, *name) == 0)
                return true;
    return false;
}

static vq_status fail_unknown(const source_request *r, vq_error *err)
{
    struct stat info;
    if (stat(r->data, &info) != 0)
        return vq_fail(err, VQ_EIO,
                       "cannot open '%s': %s (data is cifar10, cifar100, shapes, a "
                       ".bin file or a folder of them or of PNG files)",
                       r->data, strerror(errno));
    return vq_fail(err, VQ_EIO,
                   "no .bin file of the %s split in '%s' (files of the test split "
                   "have 'test' in their names), and no PNG file",
                   split_name(r->split), r->data);
}

static vq_status open_source(source *s, const source_request *r, vq_error *err)
{
    vq_status status = VQ_OK;
    *s = (source){0};
    for (size_t i = 0; i < N_KINDS && !s->ops; i++)
        TRY(kinds[i]->open(s, r, err));
    if (!s->ops)
        status = fail_unknown(r, err);
out:
    return status;
}

vq_status dataset_open(dataset *ds, const char *data, const char *data_dir,
                       const char *split, vq_error *err)
{
    vq_status status;
    source_request r = {.data = data, .data_dir = data_dir};
    *ds = (dataset){0};
    snprintf(ds->name, sizeof ds->name, "%s", data);
    TRY(split_parse(&r.split, split, err));
    TRY(open_source(&ds->source, &r, err));
    ds->n = ds->source.n;
    for (int64_t i = 0; i < ds->n; i++) {
        int height, width;
        dataset_size(ds, i, &height, &width);
        ds->pixels += (int64_t)height * width;
    }
out:
    if (status != VQ_OK)
        dataset_close(ds);
    return status;
}

void dataset_close(dataset *ds)
{
    if (ds->source.ops)
        ds->source.ops->close(ds->source.state);
    *ds = (dataset){0};
}

void dataset_size(const dataset *ds, int64_t i, int *height, int *width)
{
    assert(i >= 0 && i < ds->n);
    ds->source.ops->size(ds->source.state, i, height, width);
}

void dataset_image_name(const dataset *ds, int64_t i, char name[VQ_PATH_MAX])
{
    ds->source.ops->name(ds->source.state, i, name);
}

int dataset_classes(const dataset *ds)
{
    return ds->source.n_classes;
}

const char *dataset_class_name(const dataset *ds, int class)
{
    assert(class >= 0 && class < ds->source.n_classes);
    return ds->source.class_name[class];
}

int dataset_label(const dataset *ds, int64_t i)
{
    const source *s = &ds->source;
    return s->ops->label ? s->ops->label(s->state, i) : -1;
}

bool dataset_one_size(const dataset *ds, int *height, int *width)
{
    dataset_size(ds, 0, height, width);
    for (int64_t i = 1; i < ds->n; i++) {
        int h, w;
        dataset_size(ds, i, &h, &w);
        if (h != *height || w != *width)
            return false;
    }
    return true;
}

vq_status dataset_set_side(dataset *ds, int side, vq_error *err)
{
    ds->whole = true;
    for (int64_t i = 0; i < ds->n; i++) {
        int height, width;
        dataset_size(ds, i, &height, &width);
        if (height < side || width < side) {
            char name[VQ_PATH_MAX];
            dataset_image_name(ds, i, name);
            return vq_fail(err, VQ_EINPUT,
                           "'%s' is %d x %d pixels, smaller than a crop of %d x %d",
                           name, width, height, side, side);
        }
        ds->whole = ds->whole && height == side && width == side;
    }
    ds->side = side;
    return VQ_OK;
}

int64_t dataset_samples(const dataset *ds)
{
    int64_t samples = ds->pixels / ds->side / ds->side;
    return samples > 0 ? samples : 1;
}

vq_status dataset_sample(const dataset *ds, int64_t i, rng *r, unsigned char *rgb,
                         vq_error *err)
{
    source_area a = {.height = ds->side, .width = ds->side};
    int height, width;
    dataset_size(ds, i, &height, &width);
    int free_y = height - ds->side, free_x = width - ds->side;
    assert(ds->side > 0 && free_y >= 0 && free_x >= 0);
    a.y = r ? (int)rng_below(r, (uint32_t)free_y + 1) : free_y / 2;
    a.x = r ? (int)rng_below(r, (uint32_t)free_x + 1) : free_x / 2;
    return ds->source.ops->read(ds->source.state, i, a, rgb, err);
}

vq_status dataset_read(const dataset *ds, int64_t i, unsigned char *rgb, vq_error *err)
{
    source_area a = {0};
    dataset_size(ds, i, &a.height, &a.width);
    return ds->source.ops->read(ds->source.state, i, a, rgb, err);
}
