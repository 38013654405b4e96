/* SPDX-License-Identifier: MIT */
#include "data/cifar_find.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "data/cifar.h"

#define FILES_MAX 6

/* A data set that goes by name. */
typedef struct known {
    const char *name, *title;
    cifar_kind kind;
    const char *folder; /* that its archive unpacks to */
    const char *file[FILES_MAX];
    int n_train, n_files; /* the test split comes after the train split */
    const char *remedy;
} known;

static const known known_data[] = {
    {"cifar10",
     "CIFAR-10",
     CIFAR_10,
     "cifar-10-batches-bin",
     {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
      "data_batch_5.bin", "test_batch.bin"},
     5,
     6,
     "run scripts/get-cifar10.sh"},
    {"cifar100",
     "CIFAR-100",
     CIFAR_100,
     "cifar-100-binary",
     {"train.bin", "test.bin"},
     1,
     2,
     "unpack https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz there"},
};
#define N_KNOWN (sizeof known_data / sizeof *known_data)

static vq_status fail_open(const char *path, vq_error *err)
{
    return vq_fail(err, VQ_EIO, "cannot open '%s': %s", path, strerror(errno));
}

/* Does folder/name exist? A failure other than its absence is reported. */
static vq_status look_for(const char *folder, const char *name, bool *found,
                          vq_error *err)
{
    char path[VQ_PATH_MAX];
    struct stat info;
    vq_status status = file_join(path, folder, name, err);
    if (status != VQ_OK)
        return status;
    *found = stat(path, &info) == 0;
    if (!*found && errno != ENOENT && errno != ENOTDIR)
        return fail_open(path, err);
    return VQ_OK;
}

static vq_status open_known(source *s, const known *k, const char *data_dir,
                            data_split split, vq_error *err)
{
    vq_status status = VQ_OK;
    char unpacked[VQ_PATH_MAX], path[FILES_MAX][VQ_PATH_MAX];
    const char *paths[FILES_MAX], *folder = unpacked;
    const int first = split == SPLIT_TEST ? k->n_train : 0;
    const int last = split == SPLIT_TRAIN ? k->n_train : k->n_files;
    bool found = false;
    TRY(file_join(unpacked, data_dir, k->folder, err));
    TRY(look_for(folder, k->file[first], &found, err));
    if (!found) {
        folder = data_dir;
        TRY(look_for(folder, k->file[first], &found, err));
    }
    if (!found)
        return vq_fail(err, VQ_EIO, "cannot find %s in '%s' (no %s there or in %s): %s",
                       k->title, data_dir, k->file[first], k->folder, k->remedy);
    for (int i = first; i < last; i++) {
        TRY(file_join(path[i], folder, k->file[i], err));
        paths[i] = path[i];
    }
    TRY(cifar_open(s, paths + first, last - first, k->kind, err));
out:
    return status;
}

/* ---- folders ------------------------------------------------------------------------
 */

/* Paths in order; owned. */
typedef struct paths {
    int n;
    char **path;
} paths;

static void paths_release(paths *list)
{
    for (int i = 0; i < list->n; i++)
        free(list->path[i]);
    free(list->path);
}

static vq_status paths_insert(paths *list, const char *path, vq_error *err)
{
    size_t room = ((size_t)list->n + 1) * sizeof *list->path;
    char *copy = strdup(path);
    char **more = copy ? realloc(list->path, room) : NULL;
    if (!more) {
        free(copy);
        return vq_fail_memory(err, room);
    }
    list->path = more;
    int i = list->n++;
    for (; i > 0 && strcmp(more[i - 1], path) > 0; i--)
        more[i] = more[i - 1];
    more[i] = copy;
    return VQ_OK;
}

static bool belongs_to(data_split split, const char *name)
{
    const char *end = strrchr(name, '.');
    return name[0] != '.' && end && strcmp(end, ".bin") == 0 &&
           split_takes(split, split_says_test(name));
}

static vq_status list_folder(paths *list, const char *folder, data_split split,
                             vq_error *err)
{
    vq_status status = VQ_OK;
    char path[VQ_PATH_MAX];
    DIR *dir = opendir(folder);
    if (!dir)
        return fail_open(folder, err);
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(dir))) {
        if (!belongs_to(split, entry->d_name))
            continue;
        TRY(file_join(path, folder, entry->d_name, err));
        TRY(paths_insert(list, path, err));
    }
    if (errno != 0)
        status = vq_fail(err, VQ_EIO, "cannot read folder '%s': %s", folder,
                         strerror(errno));
out:
    closedir(dir);
    return status;
}

static vq_status open_folder(source *s, const char *folder, data_split split,
                             vq_error *err)
{
    vq_status status = VQ_OK;
    paths list = {0};
    bool found = false;
    TRY(list_folder(&list, folder, split, err));
    if (list.n > 0)
        TRY(cifar_open(s, (const char *const *)list.path, list.n, CIFAR_ANY, err));
    for (size_t i = 0; i < N_KNOWN && list.n == 0 && !found; i++) {
        TRY(look_for(folder, known_data[i].folder, &found, err));
        if (found)
            TRY(open_known(s, &known_data[i], folder, split, err));
    }
out:
    paths_release(&list);
    return status;
}

static vq_status cifar_find(source *s, const source_request *r, vq_error *err)
{
    struct stat info;
    *s = (source){0};
    for (size_t i = 0; i < N_KNOWN; i++)
        if (strcmp(r->data, known_data[i].name) == 0)
            return open_known(s, &known_data[i], r->data_dir, r->split, err);
    if (stat(r->data, &info) != 0)
        return VQ_OK;
    if (S_ISDIR(info.st_mode))
        return open_folder(s, r->data, r->split, err);
    return cifar_open(s, &r->data, 1, CIFAR_ANY, err);
}

static const char *const names[] = {"cifar10", "cifar100", NULL};
const source_kind cifar_files = {names, cifar_find};
