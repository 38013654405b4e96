/* SPDX-License-Identifier: MIT */
#include "data/arrangement.h"

#include <stdlib.h>
#include <string.h>

#define TENTH 10

/* A part of a path. */
typedef struct part {
    const char *text;
    size_t length; /* 0: there is none */
} part;

/* What the folders of one path are. */
typedef struct place {
    data_split split; /* SPLIT_NONE: no folder says it */
    part class;
} place;

static place place_of(const char *path)
{
    place p = {.split = SPLIT_NONE};
    part before = {0}, first = {0};
    const char *slash;
    for (; (slash = strchr(path, '/')); path = slash + 1) {
        const part here = {path, (size_t)(slash - path)};
        if (!first.text)
            first = here;
        if (p.split != SPLIT_NONE) {
            p.class = here;
            return p;
        }
        p.split = split_of_folder(here.text, here.length);
        if (p.split == SPLIT_NONE)
            before = here;
    }
    p.class = p.split == SPLIT_NONE ? first : before;
    return p;
}

/* ---- splits -------------------------------------------------------------------------
 */

/* By the folders; pictures outside of them: see the header. */
static void split_by_folders(arrangement *a, char *const *path)
{
    bool has_train = false;
    for (int64_t i = 0; i < a->n; i++) {
        a->split[i] = place_of(path[i]).split;
        has_train = has_train || a->split[i] == SPLIT_TRAIN;
    }
    for (int64_t i = 0; i < a->n; i++)
        if (a->split[i] == SPLIT_NONE && !has_train)
            a->split[i] = SPLIT_TRAIN;
        else if (a->split[i] == SPLIT_NONE)
            a->left_out++;
}

static bool name_says_test(const char *path)
{
    const char *slash = strrchr(path, '/');
    return split_says_test(slash ? slash + 1 : path);
}

static void split_all(arrangement *a, char *const *path)
{
    bool folders = false, named = false;
    for (int64_t i = 0; i < a->n; i++) {
        folders = folders || place_of(path[i]).split != SPLIT_NONE;
        named = named || name_says_test(path[i]);
    }
    if (folders)
        split_by_folders(a, path);
    for (int64_t i = 0; i < a->n && !folders; i++) {
        bool test = named ? name_says_test(path[i]) : i % TENTH == TENTH - 1;
        a->split[i] = test ? SPLIT_TEST : SPLIT_TRAIN;
    }
    for (int64_t i = 0; i < a->n; i++)
        if (a->split[i] != SPLIT_NONE)
            a->has[a->split[i]] = true;
}

bool arrangement_takes(const arrangement *a, data_split split, int64_t i)
{
    if (split == SPLIT_TEST && !a->has[SPLIT_TEST])
        split = SPLIT_VAL;
    return a->split[i] != SPLIT_NONE && (split == SPLIT_ALL || a->split[i] == split);
}

/* ---- classes ------------------------------------------------------------------------
 */

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_class(const char *name, part class)
{
    return strncmp(name, class.text, class.length) == 0 && !name[class.length];
}

/*
 * The names, each at least once: neighbours mostly share theirs, so that there are
 * about as many as folders.
 */
static vq_status gather_names(arrangement *a, char *const *path, vq_error *err)
{
    size_t room = 0;
    for (int64_t i = 0; i < a->n; i++) {
        const part class = place_of(path[i]).class;
        if (a->split[i] == SPLIT_NONE)
            continue;
        if (!class.text) {
            a->unlabelled++;
            continue;
        }
        if (a->n_classes > 0 && is_class(a->class_name[a->n_classes - 1], class))
            continue;
        if ((size_t)a->n_classes == room) {
            room = room ? 2 * room : 16;
            char **more = realloc(a->class_name, room * sizeof *more);
            if (!more)
                return vq_fail_memory(err, room * sizeof *more);
            a->class_name = more;
        }
        char *name = strndup(class.text, class.length);
        if (!name)
            return vq_fail_memory(err, class.length + 1);
        a->class_name[a->n_classes++] = name;
    }
    return VQ_OK;
}

static void drop_names(arrangement *a)
{
    for (int i = 0; i < a->n_classes; i++)
        free(a->class_name[i]);
    free(a->class_name);
    a->class_name = NULL;
    a->n_classes = 0;
}

/* In order, each once; n_classes becomes smaller. */
static void sort_names(arrangement *a)
{
    int n = 0;
    if (a->n_classes > 1)
        qsort(a->class_name, (size_t)a->n_classes, sizeof *a->class_name, compare);
    for (int i = 0; i < a->n_classes; i++)
        if (n > 0 && strcmp(a->class_name[n - 1], a->class_name[i]) == 0)
            free(a->class_name[i]);
        else
            a->class_name[n++] = a->class_name[i];
    a->n_classes = n;
}

static int label_of(const arrangement *a, part class)
{
    int low = 0, high = a->n_classes - 1;
    while (low < high) {
        int middle = (low + high) / 2;
        int order = strncmp(a->class_name[middle], class.text, class.length);
        if (order > 0 || (order == 0 && a->class_name[middle][class.length]))
            high = middle; /* it is behind, or longer */
        else if (order == 0)
            return middle;
        else
            low = middle + 1;
    }
    return low;
}

static vq_status find_classes(arrangement *a, char *const *path, vq_error *err)
{
    vq_status status = gather_names(a, path, err);
    if (status != VQ_OK)
        return status;
    sort_names(a);
    if (a->n_classes < 2)
        a->unlabelled = 0; /* no classes, and nobody expects any */
    if (a->n_classes < 2 || a->unlabelled > 0)
        drop_names(a);
    for (int64_t i = 0; i < a->n; i++)
        a->label[i] = a->n_classes > 0 && a->split[i] != SPLIT_NONE
                          ? label_of(a, place_of(path[i]).class)
                          : -1;
    return VQ_OK;
}

vq_status arrangement_make(arrangement *a, char *const *path, int64_t n, vq_error *err)
{
    const size_t room = (size_t)(n > 0 ? n : 1);
    *a = (arrangement){.n = n};
    a->split = malloc(room * sizeof *a->split);
    a->label = malloc(room * sizeof *a->label);
    if (!a->split || !a->label)
        return vq_fail_memory(err, room * sizeof *a->split);
    split_all(a, path);
    return find_classes(a, path, err);
}

void arrangement_release(arrangement *a)
{
    drop_names(a);
    free(a->split);
    free(a->label);
    *a = (arrangement){0};
}
