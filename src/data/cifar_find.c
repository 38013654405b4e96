/* SPDX-License-Identifier: MIT */
#include "data/cifar_find.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/ending.h"
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
    return vq_fail(err, vq_status_of(errno), "cannot open '%s': %s", path,
                   strerror(errno));
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
    if (split == SPLIT_VAL)
        return vq_fail(err, VQ_EUSAGE, "%s has no split val, but train and test",
                       k->title);
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

static const char *const endings[] = {".bin", NULL};

/* A data file, and not one in a subfolder. */
static bool is_data(const char *path)
{
    return !strchr(path, '/') && ending_among(path, endings);
}

/* Images in folder/name by its size; 0: it is absent, or no whole number of records. */
static int64_t images_in(const char *folder, const char *name)
{
    char path[VQ_PATH_MAX];
    struct stat info;
    if (file_join(path, folder, name, NULL) != VQ_OK || stat(path, &info) != 0)
        return 0;
    for (int record = CIFAR_PIXELS + 1; record <= CIFAR_PIXELS + 2; record++)
        if (info.st_size % record == 0)
            return info.st_size / record;
    return 0;
}

/* The archive that is unpacked in the folder; NULL: none. */
static const known *find_known(const char *folder)
{
    char path[VQ_PATH_MAX];
    for (size_t i = 0; i < N_KNOWN; i++)
        if (file_join(path, folder, known_data[i].folder, NULL) == VQ_OK &&
            file_exists(path))
            return &known_data[i];
    return NULL;
}

/* At least 1 where there is a file, whatever it is worth. */
static int64_t cifar_count(const source_request *r)
{
    char path[VQ_PATH_MAX];
    int64_t images = 0;
    bool any = false;
    for (int64_t i = 0; i < r->files->n; i++)
        if (is_data(r->files->path[i])) {
            images += images_in(r->data, r->files->path[i]);
            any = true;
        }
    const known *k = any ? NULL : find_known(r->data);
    if (k && file_join(path, r->data, k->folder, NULL) == VQ_OK)
        for (int i = 0; i < k->n_files; i++)
            images += images_in(path, k->file[i]);
    return images > 0 ? images : any || k;
}

/* The .bin files of the split, in order. */
static vq_status open_files(source *s, const source_request *r, vq_error *err)
{
    vq_status status = VQ_OK;
    const listing *l = r->files;
    int n = 0;
    char **path = calloc((size_t)l->n, sizeof *path);
    if (!path)
        return vq_fail_memory(err, (size_t)l->n * sizeof *path);
    for (int64_t i = 0; i < l->n; i++) {
        char full[VQ_PATH_MAX];
        if (!is_data(l->path[i]) || !split_takes(r->split, split_says_test(l->path[i])))
            continue;
        TRY(file_join(full, r->data, l->path[i], err));
        path[n] = strdup(full);
        if (!path[n++]) {
            status = vq_fail_memory(err, strlen(full) + 1);
            goto out;
        }
    }
    if (n > 0)
        status = cifar_open(s, (const char *const *)path, n, CIFAR_ANY, err);
    else
        status = vq_fail(err, VQ_EIO,
                         "no .bin file of the %s split in '%s' (files of the test "
                         "split have the word test in their names)",
                         split_name(r->split), r->data);
out:
    for (int i = 0; i < n; i++)
        free(path[i]);
    free(path);
    return status;
}

static vq_status open_folder(source *s, const source_request *r, vq_error *err)
{
    for (int64_t i = 0; i < r->files->n; i++)
        if (is_data(r->files->path[i]))
            return open_files(s, r, err);
    const known *k = find_known(r->data);
    return k ? open_known(s, k, r->data, r->split, err) : VQ_OK;
}

static vq_status cifar_find(source *s, const source_request *r, vq_error *err)
{
    for (size_t i = 0; i < N_KNOWN; i++)
        if (strcmp(r->data, known_data[i].name) == 0)
            return open_known(s, &known_data[i], r->data_dir, r->split, err);
    if (r->files)
        return open_folder(s, r, err);
    return cifar_open(s, &r->data, 1, CIFAR_ANY, err);
}

static const char *const names[] = {"cifar10", "cifar100", NULL};

const source_kind cifar_files = {.what = "a CIFAR-style .bin file or a folder of them",
                                 .name = names,
                                 .endings = endings,
                                 .count = cifar_count,
                                 .open = cifar_find};
