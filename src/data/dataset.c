/* SPDX-License-Identifier: MIT */
#include "data/dataset.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/magic.h"
#include "base/path.h"
#include "data/array.h"
#include "data/cifar_find.h"
#include "data/folder.h"
#include "data/list.h"
#include "data/shapes.h"
#include "data/single.h"

/* The kinds of data; of a file the first that knows it opens it. */
static const source_kind *const kinds[] = {&shapes_data,  &picture_folder,
                                           &array_file,   &single_picture,
                                           &picture_list, &cifar_files};
#define N_KINDS (sizeof kinds / sizeof *kinds)

/* The kind that goes by that name; NULL: it is no name. */
static const source_kind *find_name(const char *data)
{
    for (size_t i = 0; i < N_KINDS; i++)
        for (const char *const *name = kinds[i]->name; name && *name; name++)
            if (strcmp(data, *name) == 0)
                return kinds[i];
    return NULL;
}

bool dataset_is_name(const char *data)
{
    return find_name(data) != NULL;
}

vq_status dataset_settle(char path[VQ_PATH_MAX], vq_error *err)
{
    return path[0] && !dataset_is_name(path) ? path_settle(path, err) : VQ_OK;
}

/* ---- opening ------------------------------------------------------------------------
 */

/* "cifar10, shapes, a .bin file, a .npy file", of all kinds or of those for folders. */
static void list_kinds(char text[640], bool folders)
{
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < N_KINDS; i++)
        for (const char *const *name = kinds[i]->name; !folders && name && *name;
             name++)
            at += (size_t)snprintf(text + at, 640 - at, "%s%s", at ? ", " : "", *name);
    for (size_t i = 0; i < N_KINDS; i++)
        if (kinds[i]->what && (kinds[i]->count || !folders))
            at += (size_t)snprintf(text + at, 640 - at, "%s%s", at ? ", " : "",
                                   kinds[i]->what);
}

static vq_status fail_missing(const char *data, vq_error *err)
{
    const int number = errno;
    char text[640];
    list_kinds(text, false);
    return vq_fail(err, vq_status_of(number), "cannot open '%s': %s (data is %s)", data,
                   strerror(number), text);
}

/* Nothing in a folder is data: say what its first file of a known kind is, else what
 * there might have been. */
static vq_status refuse_folder(const source_request *r, vq_error *err)
{
    char path[VQ_PATH_MAX], first[VQ_PATH_MAX] = "", text[640];
    DIR *folder = fd_folder(r->data);
    const struct dirent *entry;
    while (folder && (entry = readdir(folder)))
        if (entry->d_name[0] != '.' &&
            file_join(path, r->data, entry->d_name, NULL) == VQ_OK &&
            (!first[0] || strcmp(path, first) < 0) &&
            magic_refuse_file(path, WANT_DATA, NULL) != VQ_OK)
            strcpy(first, path);
    if (folder)
        closedir(folder);
    if (first[0])
        return magic_refuse_file(first, WANT_DATA, err);
    list_kinds(text, true);
    return vq_fail(err, VQ_EIO, "no data in '%s': want %s", r->data, text);
}

/* Let the kind with the most images in the folder have it. */
static vq_status open_folder(source *s, source_request *r, vq_error *err)
{
    enum { ENDINGS_MAX = 32 };
    const char *endings[ENDINGS_MAX] = {NULL};
    const source_kind *best = NULL;
    int64_t most = 0;
    listing files = {0};
    vq_status status;
    for (size_t i = 0, n = 0; i < N_KINDS; i++)
        for (const char *const *e = kinds[i]->endings; e && *e; e++) {
            assert(n < ENDINGS_MAX - 1);
            endings[n++] = *e;
        }
    TRY(listing_make(&files, r->data, endings, r->watch, r->user, err));
    r->files = &files;
    for (size_t i = 0; i < N_KINDS; i++) {
        int64_t count = kinds[i]->count ? kinds[i]->count(r) : 0;
        if (count > 0 && most > 0)
            source_note(r,
                        "'%s' holds data of more than one kind: took the one with "
                        "more images",
                        r->data);
        if (count > most) {
            most = count;
            best = kinds[i];
        }
    }
    if (best) {
        status = best->open(s, r, err);
    } else {
        status = refuse_folder(r, err);
    }
out:
    listing_release(&files);
    r->files = NULL;
    return status;
}

/* The first bytes of a regular file, by which the kinds know it. */
static vq_status read_head(source_request *r, vq_error *err)
{
    vq_status status = VQ_OK;
    FILE *f = fd_stream_open(r->data);
    if (!f)
        return fail_missing(r->data, err);
    errno = 0;
    r->n_head = fread(r->head, 1, sizeof r->head, f);
    if (ferror(f))
        status = vq_fail(err, VQ_EIO, "cannot read '%s': %s", r->data, strerror(errno));
    fclose(f);
    return status;
}

static vq_status open_source(source *s, source_request *r, vq_error *err)
{
    vq_status status = VQ_OK;
    struct stat info;
    const source_kind *named = find_name(r->data);
    *s = (source){0};
    if (named)
        return named->open(s, r, err);
    if (stat(r->data, &info) != 0)
        return fail_missing(r->data, err);
    if (S_ISDIR(info.st_mode))
        return open_folder(s, r, err);
    if (S_ISREG(info.st_mode))
        TRY(read_head(r, err));
    for (size_t i = 0; i < N_KINDS && !s->ops; i++)
        TRY(kinds[i]->open(s, r, err));
out:
    return status;
}

/* Take the sizes of all pictures; each must hold a sample. */
static vq_status measure(dataset *ds, vq_error *err)
{
    ds->whole = ds->side > 0;
    for (int64_t i = 0; i < ds->n; i++) {
        int height, width;
        dataset_size(ds, i, &height, &width);
        if (height < ds->side || width < ds->side) {
            char name[VQ_PATH_MAX];
            dataset_image_name(ds, i, name);
            return vq_fail(err, VQ_EINPUT,
                           "'%s' is %d x %d pixels, smaller than a crop of %d x %d",
                           name, width, height, ds->side, ds->side);
        }
        ds->whole = ds->whole && height == ds->side && width == ds->side;
        ds->pixels += (int64_t)height * width;
    }
    return VQ_OK;
}

/* As messages call the data; several pictures go by the first of them. */
static void set_name(dataset *ds, source_request *r)
{
    if (r->n_pictures == 0)
        snprintf(ds->name, sizeof ds->name, "%s", r->data);
    else
        snprintf(ds->name, sizeof ds->name, "%.900s and %d more", r->pictures[0],
                 r->n_pictures - 1);
    if (r->n_pictures > 0)
        r->data = ds->name;
}

vq_status dataset_open(dataset *ds, const source_request *request, vq_error *err)
{
    vq_status status;
    source_request r = *request;
    *ds = (dataset){.side = r.side};
    set_name(ds, &r);
    r.note = ds->note;
    r.data_dir = r.data_dir ? r.data_dir : "";
    TRY(r.n_pictures > 0 ? named_pictures_open(&ds->source, &r, err)
                         : open_source(&ds->source, &r, err));
    ds->n = r.most > 0 && r.most < ds->source.n ? r.most : ds->source.n;
    TRY(measure(ds, err));
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

/* The source's number of picture i: of many pictures fewer may be wanted. */
static int64_t place(const dataset *ds, int64_t i)
{
    assert(i >= 0 && i < ds->n);
    return source_spread(i, ds->n, ds->source.n);
}

void dataset_size(const dataset *ds, int64_t i, int *height, int *width)
{
    ds->source.ops->size(ds->source.state, place(ds, i), height, width);
}

void dataset_image_name(const dataset *ds, int64_t i, char name[VQ_PATH_MAX])
{
    ds->source.ops->name(ds->source.state, place(ds, i), name);
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
    return s->n_classes > 0 ? s->ops->label(s->state, place(ds, i)) : -1;
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
    return ds->source.ops->read(ds->source.state, place(ds, i), a, rgb, err);
}

vq_status dataset_read(const dataset *ds, int64_t i, unsigned char *rgb, vq_error *err)
{
    source_area a = {0};
    dataset_size(ds, i, &a.height, &a.width);
    return ds->source.ops->read(ds->source.state, place(ds, i), a, rgb, err);
}
