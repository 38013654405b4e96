/* SPDX-License-Identifier: MIT */
#include "data/source.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "data/cifar.h"
#include "data/pictures.h"
#include "data/shapes.h"

enum { TRAIN, TEST, ALL };
static const char *const split_name[] = {"train", "test", "all"};

/* A dataset that goes by name. */
typedef struct known {
    const char *name, *title;
    cifar_kind kind;
    const char *folder;     /* that its archive unpacks to */
    const char *file[2][6]; /* of each split, ended by NULL */
    const char *remedy;
} known;

static const known known_data[] = {
    {"cifar10",
     "CIFAR-10",
     CIFAR_10,
     "cifar-10-batches-bin",
     {{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
       "data_batch_5.bin"},
      {"test_batch.bin"}},
     "run scripts/get-cifar10.sh"},
    {"cifar100",
     "CIFAR-100",
     CIFAR_100,
     "cifar-100-binary",
     {{"train.bin"}, {"test.bin"}},
     "unpack https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz there"},
};
#define N_KNOWN (sizeof known_data / sizeof *known_data)

bool source_is_name(const char *data)
{
    for (size_t i = 0; i < N_KNOWN; i++)
        if (strcmp(data, known_data[i].name) == 0)
            return true;
    return strcmp(data, "shapes") == 0;
}

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

static vq_status fail_split(const char *text, vq_error *err)
{
    return vq_fail(err, VQ_EUSAGE, "no split '%s': want train or test", text);
}

static vq_status append_known(dataset *ds, const known *k, const char *data_dir,
                              int split, vq_error *err)
{
    vq_status status = VQ_OK;
    char unpacked[VQ_PATH_MAX], path[VQ_PATH_MAX];
    const char *const *file = k->file[split];
    const char *folder = unpacked;
    bool found = false;
    TRY(file_join(unpacked, data_dir, k->folder, err));
    TRY(look_for(folder, file[0], &found, err));
    if (!found) {
        folder = data_dir;
        TRY(look_for(folder, file[0], &found, err));
    }
    if (!found)
        return vq_fail(err, VQ_EIO, "cannot find %s in '%s' (no %s there or in %s): %s",
                       k->title, data_dir, file[0], k->folder, k->remedy);
    for (; *file; file++) {
        TRY(file_join(path, folder, *file, err));
        TRY(cifar_append(ds, path, k->kind, err));
    }
out:
    return status;
}

/* File names in order. */
typedef struct names {
    int n;
    char name[DATASET_MAX_FILES][NAME_MAX + 1];
} names;

static void names_insert(names *list, const char *name)
{
    int i = list->n++;
    for (; i > 0 && strcmp(list->name[i - 1], name) > 0; i--)
        memcpy(list->name[i], list->name[i - 1], sizeof *list->name);
    snprintf(list->name[i], sizeof *list->name, "%s", name);
}

static bool belongs_to_split(const char *name, int split)
{
    const char *end = strrchr(name, '.');
    bool is_test = strstr(name, "test") != NULL;
    return name[0] != '.' && end && strcmp(end, ".bin") == 0 &&
           (split == ALL || is_test == (split == TEST));
}

static vq_status list_folder(names *list, const char *path, int split, vq_error *err)
{
    vq_status status = VQ_OK;
    DIR *folder = opendir(path);
    if (!folder)
        return fail_open(path, err);
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(folder))) {
        if (!belongs_to_split(entry->d_name, split))
            continue;
        if (list->n == DATASET_MAX_FILES) {
            status = vq_fail(err, VQ_EINPUT,
                             "'%s' holds more than %d .bin files of the %s split", path,
                             DATASET_MAX_FILES, split_name[split]);
            break;
        }
        names_insert(list, entry->d_name);
    }
    if (status == VQ_OK && errno != 0)
        status =
            vq_fail(err, VQ_EIO, "cannot read folder '%s': %s", path, strerror(errno));
    closedir(folder);
    return status;
}

static vq_status append_folder(dataset *ds, const char *path, int split, vq_error *err)
{
    vq_status status = VQ_OK;
    names list = {0};
    TRY(list_folder(&list, path, split, err));
    for (int i = 0; i < list.n; i++) {
        char file[VQ_PATH_MAX];
        TRY(file_join(file, path, list.name[i], err));
        TRY(cifar_append(ds, file, CIFAR_ANY, err));
    }
    for (size_t i = 0; i < N_KNOWN && list.n == 0; i++) {
        bool found;
        TRY(look_for(path, known_data[i].folder, &found, err));
        if (found && split == ALL)
            return fail_split(split_name[ALL], err);
        if (found)
            return append_known(ds, &known_data[i], path, split, err);
    }
    if (list.n == 0)
        TRY(pictures_append(ds, path, split_name[split], PICTURES_BYTES_MAX, err));
    if (ds->n == 0)
        return vq_fail(err, VQ_EIO,
                       "no .bin file of the %s split in '%s' (files of the test split "
                       "have 'test' in their names), and no PNG file",
                       split_name[split], path);
out:
    return status;
}

/* Up to split number `last`. */
static vq_status parse_split(const char *text, int last, int *split, vq_error *err)
{
    for (*split = TRAIN; *split <= last; ++*split)
        if (strcmp(text, split_name[*split]) == 0)
            return VQ_OK;
    return fail_split(text, err);
}

vq_status source_append(dataset *ds, const char *data, const char *data_dir,
                        const char *split_text, vq_error *err)
{
    vq_status status = VQ_OK;
    struct stat info;
    int split;
    for (size_t i = 0; i < N_KNOWN; i++)
        if (strcmp(data, known_data[i].name) == 0) {
            TRY(parse_split(split_text, TEST, &split, err));
            return append_known(ds, &known_data[i], data_dir, split, err);
        }
    if (strcmp(data, "shapes") == 0) {
        TRY(parse_split(split_text, TEST, &split, err));
        return shapes_append(ds, split == TEST, err);
    }
    if (stat(data, &info) != 0)
        return vq_fail(err, VQ_EIO,
                       "cannot open '%s': %s (data is cifar10, cifar100, shapes, a "
                       ".bin file or a folder of them or of PNG files)",
                       data, strerror(errno));
    if (!S_ISDIR(info.st_mode))
        return cifar_append(ds, data, CIFAR_ANY, err);
    TRY(parse_split(split_text, ALL, &split, err));
    return append_folder(ds, data, split, err);
out:
    return status;
}
