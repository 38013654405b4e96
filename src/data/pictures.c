/* SPDX-License-Identifier: MIT */
#include "data/pictures.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"

/* File names, relative to the data folder; owned. */
typedef struct names {
    char **name;
    size_t n, room;
} names;

static void names_release(names *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->name[i]);
    free(list->name);
    *list = (names){0};
}

/* Append prefix + name. */
static vq_status names_add(names *list, const char *prefix, const char *name,
                           vq_error *err)
{
    if (list->n == list->room) {
        size_t room = list->room ? 2 * list->room : 64;
        char **more = realloc(list->name, room * sizeof *more);
        if (!more)
            return vq_fail_memory(err, room * sizeof *more);
        list->name = more;
        list->room = room;
    }
    size_t size = strlen(prefix) + strlen(name) + 1;
    char *both = malloc(size);
    if (!both)
        return vq_fail_memory(err, size);
    snprintf(both, size, "%s%s", prefix, name);
    list->name[list->n++] = both;
    return VQ_OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_png(const char *name)
{
    const char *end = strrchr(name, '.');
    return name[0] != '.' && end && strcasecmp(end, ".png") == 0;
}

/*
 * The PNG files of folder/sub, in order, as "sub" + name; sub is "" or ends in "/", and
 * need not exist.
 */
static vq_status list_pngs(names *list, const char *folder, const char *sub,
                           vq_error *err)
{
    char path[VQ_PATH_MAX];
    vq_status status = file_join(path, folder, sub, err);
    if (status != VQ_OK)
        return status;
    DIR *dir = opendir(path);
    if (!dir && sub[0] && (errno == ENOENT || errno == ENOTDIR))
        return VQ_OK;
    if (!dir)
        return vq_fail(err, VQ_EIO, "cannot open '%s': %s", path, strerror(errno));
    const struct dirent *entry;
    while (status == VQ_OK && (errno = 0, entry = readdir(dir)))
        if (is_png(entry->d_name))
            status = names_add(list, sub, entry->d_name, err);
    if (status == VQ_OK && errno != 0)
        status =
            vq_fail(err, VQ_EIO, "cannot read folder '%s': %s", path, strerror(errno));
    closedir(dir);
    if (list->n > 1)
        qsort(list->name, list->n, sizeof *list->name, compare_names);
    return status;
}

/* Keep the names of the split alone; `nested` ones say it by their subfolder. */
static void names_choose(names *list, bool nested, const char *split)
{
    bool named = false;
    size_t kept = 0;
    for (size_t i = 0; i < list->n; i++)
        named = named || strstr(list->name[i], "test");
    for (size_t i = 0; i < list->n; i++) {
        bool is_test = nested  ? strncmp(list->name[i], "test/", 5) == 0
                       : named ? strstr(list->name[i], "test") != NULL
                               : i % 10 == 9;
        if (strcmp(split, "all") == 0 || is_test == (strcmp(split, "test") == 0))
            list->name[kept++] = list->name[i];
        else
            free(list->name[i]);
    }
    list->n = kept;
}

/* Every PNG file of the folder, then those of the split; *any: there were some. */
static vq_status list_split(names *list, const char *folder, const char *split,
                            bool *any, vq_error *err)
{
    vq_status status;
    TRY(list_pngs(list, folder, "test/", err));
    TRY(list_pngs(list, folder, "train/", err));
    bool nested = list->n > 0;
    if (!nested)
        TRY(list_pngs(list, folder, "", err));
    *any = list->n > 0;
    names_choose(list, nested, split);
out:
    return status;
}

static vq_status read_picture(dataset *ds, const char *folder, const char *name,
                              int64_t *bytes, int64_t max_bytes, vq_error *err)
{
    vq_status status;
    char path[VQ_PATH_MAX];
    dataset_picture *p = &ds->picture[ds->n];
    TRY(file_join(path, folder, name, err));
    TRY(vq_image_read(&p->image, path, err));
    ds->n++;
    p->path = strdup(path);
    if (!p->path)
        return vq_fail_memory(err, strlen(path) + 1);
    *bytes += (int64_t)3 * p->image.width * p->image.height;
    if (*bytes > max_bytes)
        status = vq_fail(err, VQ_EINPUT,
                         "the pictures of '%s' are more than %" PRId64
                         " MiB of pixels: at '%s' the limit is passed",
                         folder, max_bytes >> 20, name);
out:
    return status;
}

vq_status pictures_append(dataset *ds, const char *folder, const char *split,
                          int64_t max_bytes, vq_error *err)
{
    vq_status status;
    names list = {0};
    bool any = false;
    int64_t bytes = 0;
    TRY(list_split(&list, folder, split, &any, err));
    if (!any)
        goto out;
    if (list.n == 0) {
        status = vq_fail(err, VQ_EIO,
                         "no PNG file of the %s split in '%s' (a subfolder test, names "
                         "with 'test', or else every tenth file is the test split)",
                         split, folder);
        goto out;
    }
    ds->picture = calloc(list.n, sizeof *ds->picture);
    if (!ds->picture) {
        status = vq_fail_memory(err, list.n * sizeof *ds->picture);
        goto out;
    }
    for (size_t i = 0; i < list.n; i++)
        TRY(read_picture(ds, folder, list.name[i], &bytes, max_bytes, err));
out:
    names_release(&list);
    return status;
}

void pictures_release(dataset *ds)
{
    for (int64_t i = 0; ds->picture && i < ds->n; i++) {
        vq_image_release(&ds->picture[i].image);
        free(ds->picture[i].path);
    }
    free(ds->picture);
    ds->picture = NULL;
}

void pictures_cut(const vq_image *image, int y, int x, int side, unsigned char *rgb)
{
    size_t row = (size_t)side * 3;
    for (int i = 0; i < side; i++, rgb += row)
        memcpy(rgb, image->rgb + 3 * ((size_t)(y + i) * image->width + x), row);
}
