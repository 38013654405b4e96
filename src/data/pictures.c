/* SPDX-License-Identifier: MIT */
#include "data/pictures.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

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
static void names_choose(names *list, bool nested, data_split split)
{
    bool named = false;
    size_t kept = 0;
    for (size_t i = 0; i < list->n; i++)
        named = named || split_says_test(list->name[i]);
    for (size_t i = 0; i < list->n; i++) {
        bool is_test = nested  ? strncmp(list->name[i], "test/", 5) == 0
                       : named ? split_says_test(list->name[i])
                               : i % 10 == 9;
        if (split_takes(split, is_test))
            list->name[kept++] = list->name[i];
        else
            free(list->name[i]);
    }
    list->n = kept;
}

/* Every PNG file of the folder, then those of the split; *any: there were some. */
static vq_status list_split(names *list, const char *folder, data_split split,
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

/* ---- the source ---------------------------------------------------------------------
 */

typedef struct picture {
    vq_image image;
    char *path;
} picture;

typedef struct pictures {
    int64_t n;
    picture *picture; /* [n] owned */
} pictures;

static void pictures_size(const void *state, int64_t i, int *height, int *width)
{
    const pictures *p = state;
    *height = p->picture[i].image.height;
    *width = p->picture[i].image.width;
}

static void pictures_name(const void *state, int64_t i, char name[VQ_PATH_MAX])
{
    const pictures *p = state;
    snprintf(name, VQ_PATH_MAX, "%s", p->picture[i].path);
}

static vq_status pictures_read(void *state, int64_t i, source_area area,
                               unsigned char *rgb, vq_error *err)
{
    const pictures *p = state;
    (void)err;
    source_cut(p->picture[i].image.rgb, p->picture[i].image.width, area, rgb);
    return VQ_OK;
}

static void pictures_close(void *state)
{
    pictures *p = state;
    for (int64_t i = 0; p->picture && i < p->n; i++) {
        vq_image_release(&p->picture[i].image);
        free(p->picture[i].path);
    }
    free(p->picture);
    free(p);
}

static vq_status read_picture(pictures *p, const char *folder, const char *name,
                              vq_error *err)
{
    vq_status status;
    char path[VQ_PATH_MAX];
    picture *one = &p->picture[p->n];
    TRY(file_join(path, folder, name, err));
    TRY(vq_image_read(&one->image, path, err));
    p->n++;
    one->path = strdup(path);
    if (!one->path)
        status = vq_fail_memory(err, strlen(path) + 1);
out:
    return status;
}

/* The files of the list, which is not empty. */
static vq_status read_pictures(source *s, const char *folder, const names *list,
                               vq_error *err)
{
    static const source_ops ops = {pictures_size, NULL, pictures_name, pictures_read,
                                   pictures_close};
    vq_status status = VQ_OK;
    pictures *p = calloc(1, sizeof *p);
    if (!p)
        return vq_fail_memory(err, sizeof *p);
    p->picture = calloc(list->n, sizeof *p->picture);
    if (!p->picture) {
        status = vq_fail_memory(err, list->n * sizeof *p->picture);
        goto out;
    }
    for (size_t i = 0; i < list->n; i++)
        TRY(read_picture(p, folder, list->name[i], err));
    *s = (source){.ops = &ops, .state = p, .n = p->n};
out:
    if (status != VQ_OK)
        pictures_close(p);
    return status;
}

static vq_status pictures_open(source *s, const source_request *r, vq_error *err)
{
    vq_status status;
    struct stat info;
    names list = {0};
    bool any = false;
    *s = (source){0};
    if (stat(r->data, &info) != 0 || !S_ISDIR(info.st_mode))
        return VQ_OK;
    TRY(list_split(&list, r->data, r->split, &any, err));
    if (list.n > 0)
        TRY(read_pictures(s, r->data, &list, err));
    else if (any)
        status = vq_fail(err, VQ_EIO,
                         "no PNG file of the %s split in '%s' (a subfolder test, names "
                         "with the word test, or else every tenth file is the test "
                         "split)",
                         split_name(r->split), r->data);
out:
    names_release(&list);
    return status;
}

static const char *const no_names[] = {NULL};
const source_kind pictures_folder = {no_names, pictures_open};
