/*
 * SPDX-License-Identifier: MIT
 *
 * libFuzzer entry: lines as paths. As a listing of pictures they are arranged: every
 * label is a class, named by a folder of the path, and every class has a picture. As a
 * tree of files, links and folders, a path's first byte saying what is there, they are
 * data: it opens with pictures that can be read, or says why not.
 */
#include "fuzz.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/arrangement.h"
#include "data/cifar.h"
#include "data/dataset.h"

enum { PATHS = 24 };

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* ---- a listing ----------------------------------------------------------------------
 */

/* Is the name one of the folders of a path? */
static bool is_folder_of(const char *path, const char *name)
{
    const size_t n = strlen(name);
    for (const char *slash; (slash = strchr(path, '/')); path = slash + 1)
        if ((size_t)(slash - path) == n && memcmp(path, name, n) == 0)
            return true;
    return false;
}

static void check_arrangement(const arrangement *a, char *const *path)
{
    int used[PATHS] = {0};
    int64_t out = 0;
    require(a->n_classes >= 0 && a->n_classes != 1 && a->n_classes <= PATHS);
    for (int i = 1; i < a->n_classes; i++)
        require(strcmp(a->class_name[i - 1], a->class_name[i]) < 0);
    for (int64_t i = 0; i < a->n; i++) {
        const bool taken = arrangement_takes(a, SPLIT_ALL, i);
        const bool in_one = arrangement_takes(a, SPLIT_TRAIN, i) ||
                            arrangement_takes(a, SPLIT_VAL, i) ||
                            arrangement_takes(a, SPLIT_TEST, i);
        out += !taken;
        require(taken == in_one && taken == (a->split[i] != SPLIT_NONE));
        require((a->label[i] >= 0) == (a->n_classes > 0 && taken));
        if (a->label[i] < 0)
            continue;
        require(a->label[i] < a->n_classes);
        require(is_folder_of(path[i], a->class_name[a->label[i]]));
        used[a->label[i]] = 1;
    }
    require(out == a->left_out);
    for (int i = 0; i < a->n_classes; i++)
        require(used[i]);
}

static void try_listing(char **path, int n)
{
    arrangement a;
    vq_error err = {""};
    qsort(path, (size_t)n, sizeof *path, by_name);
    require(arrangement_make(&a, path, n, &err) == VQ_OK);
    check_arrangement(&a, path);
    arrangement_release(&a);
}

/* ---- a tree -------------------------------------------------------------------------
 */

/* A PNG of one white pixel. */
static const uint8_t png[] = {
    137, 80, 78,  71, 13, 10, 26, 10,  0,   0,  0,   13, 73,  72,  68,  82, 0,
    0,   0,  1,   0,  0,  0,  1,  8,   0,   0,  0,   0,  58,  126, 155, 85, 0,
    0,   0,  10,  73, 68, 65, 84, 120, 156, 99, 248, 15, 0,   1,   1,   1,  0,
    177, 56, 246, 20, 0,  0,  0,  0,   73,  69, 78,  68, 174, 66,  96,  130};

/* The folders above a path, as far as they can be made. */
static void make_folders(char *path)
{
    for (char *at = path + strlen(fuzz_folder()) + 1; (at = strchr(at, '/')); at++) {
        *at = '\0';
        mkdir(path, 0777);
        *at = '/';
    }
}

/* Nothing outside of the folder, and no name that the system has not. */
static bool is_inside(const char *name)
{
    bool good = name[0] && name[0] != '/' && strlen(name) < 200;
    for (const char *at = name; at; at = strchr(at, '/') ? strchr(at, '/') + 1 : NULL)
        good = good && strncmp(at, "..", 2) != 0;
    return good;
}

static void make_entry(const char *line)
{
    static const uint8_t record[CIFAR_PIXELS + 1];
    const char *name = line + 1;
    char path[300];
    if (!line[0] || !is_inside(name))
        return;
    snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
    make_folders(path);
    struct stat info;
    if (lstat(path, &info) == 0) /* never through a link */
        return;
    const void *bytes = line[0] == 'p' ? (const void *)png : record;
    const size_t size = line[0] == 'p'   ? sizeof png
                        : line[0] == 'c' ? sizeof record
                        : line[0] == 't' ? 9
                                         : 0;
    if (line[0] == 'l')
        require(symlink(".", path) == 0 || errno);
    else if (line[0] == 'd')
        require(symlink("nothing", path) == 0 || errno);
    else if (line[0] == 'f')
        require(mkfifo(path, 0666) == 0 || errno);
    else {
        FILE *f = fopen(path, "w");
        if (!f)
            return;
        require(fwrite(bytes, 1, size, f) == size && fclose(f) == 0);
    }
}

static void try_tree(data_split split)
{
    dataset ds;
    vq_error err = {""};
    unsigned char rgb[CIFAR_PIXELS];
    const source_request r = {.data = fuzz_folder(), .split = split, .threads = 1};
    if (dataset_open(&ds, &r, &err) != VQ_OK) {
        require(err.message[0]);
        return;
    }
    require(ds.n > 0);
    for (int64_t i = 0; i < ds.n; i++) {
        char name[VQ_PATH_MAX];
        dataset_image_name(&ds, i, name);
        require(name[0] && dataset_read(&ds, i, rgb, &err) == VQ_OK);
        require(dataset_label(&ds, i) < dataset_classes(&ds) ||
                dataset_classes(&ds) == 0);
    }
    dataset_close(&ds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *line[PATHS];
    int n = 0;
    fuzz_words w = {data + 1, data + size};
    if (size < 2)
        return 0;
    while (n < PATHS && (line[n] = fuzz_word(&w, '\n')))
        n++;
    if (data[0] % 8 > SPLIT_ALL) { /* a tree is dear */
        try_listing(line, n);
    } else {
        for (int i = 0; i < n; i++)
            make_entry(line[i]);
        try_tree((data_split)(data[0] % 8));
        fuzz_sweep();
    }
    for (int i = 0; i < n; i++)
        free(line[i]);
    return 0;
}
