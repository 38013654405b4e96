/* SPDX-License-Identifier: MIT */
#include "data/folder.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ending.h"
#include "data/arrangement.h"
#include "data/pictures.h"

static int64_t folder_count(const source_request *r)
{
    int64_t n = 0;
    for (int64_t i = 0; i < r->files->n; i++)
        n += ending_among(r->files->path[i], ending_picture) != NULL;
    return n;
}

static void note_odd(const source_request *r)
{
    const listing *l = r->files;
    const struct {
        int64_t n;
        const char *one, *more;
    } odd[] = {{l->folders, "folder named like a file", "folders named like files"},
               {l->dead_links, "link to nothing", "links to nothing"},
               {l->others, "pipe, socket or device", "pipes, sockets or devices"},
               {l->foreign, "picture that is no PNG or JPEG",
                "pictures that are no PNG or JPEG"}};
    char text[300] = "";
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        size_t at = strlen(text);
        if (odd[i].n > 0)
            snprintf(text + at, sizeof text - at, "%s%" PRId64 " %s",
                     at > 0 ? ", " : "", odd[i].n,
                     odd[i].n == 1 ? odd[i].one : odd[i].more);
    }
    if (text[0])
        source_note(r, "skipped %s", text);
}

static void note_arrangement(const source_request *r, const arrangement *a)
{
    if (a->left_out > 0)
        source_note(r, "left out %" PRId64 " pictures beside the folder train",
                    a->left_out);
    if (a->unlabelled > 0)
        source_note(r,
                    "no labels: %" PRId64 " pictures lie outside of the class folders",
                    a->unlabelled);
}

/* The pictures of the split, with their labels. */
static vq_status take_split(picture_set *set, arrangement *a, char *const *path,
                            data_split split, vq_error *err)
{
    vq_status status = VQ_OK;
    size_t room = 0;
    for (int64_t i = 0; i < a->n; i++) {
        if (!arrangement_takes(a, split, i))
            continue;
        char *copy = strdup(path[i]);
        if (!copy)
            return vq_fail_memory(err, strlen(path[i]) + 1);
        TRY(picture_set_add(set, &room, copy, a->label[i], err));
    }
    set->class_name = a->class_name;
    set->n_classes = a->n_classes;
    a->class_name = NULL;
    a->n_classes = 0;
out:
    return status;
}

static vq_status fail_split(const source_request *r, vq_error *err)
{
    return vq_fail(err, VQ_EIO,
                   "no picture of the %s split in '%s' (folders train, val and test, "
                   "names with the word test, or else every tenth picture make the "
                   "splits)",
                   split_name(r->split), r->data);
}

static vq_status folder_open(source *s, const source_request *r, vq_error *err)
{
    vq_status status;
    picture_set set = {0};
    arrangement a = {0};
    if (!r->files)
        return VQ_OK;
    const int64_t count = folder_count(r);
    char **path = malloc(((size_t)count + 1) * sizeof *path);
    if (!path)
        return vq_fail_memory(err, ((size_t)count + 1) * sizeof *path);
    int64_t n = 0;
    for (int64_t i = 0; i < r->files->n; i++)
        if (ending_among(r->files->path[i], ending_picture))
            path[n++] = r->files->path[i];
    note_odd(r);
    TRY(arrangement_make(&a, path, n, err));
    note_arrangement(r, &a);
    set.root = strdup(r->data);
    if (!set.root) {
        status = vq_fail_memory(err, strlen(r->data) + 1);
        goto out;
    }
    TRY(take_split(&set, &a, path, r->split, err));
    status = set.n > 0 ? pictures_open(s, &set, r, err) : fail_split(r, err);
out:
    picture_set_release(&set);
    arrangement_release(&a);
    free(path);
    return status;
}

const source_kind picture_folder = {.what = "a folder of PNG and JPEG files",
                                    .endings = ending_picture,
                                    .count = folder_count,
                                    .open = folder_open};
