/* SPDX-License-Identifier: MIT */
#include "data/listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/ending.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/run_files.h"

#define TELL_EVERY 1000 /* entries */

/* The folders that lead to the one at hand, which tell a link back. */
typedef struct level {
    const struct level *above;
    const char *path;
    dev_t device;
    ino_t number;
} level;

typedef struct walk {
    listing *l;
    const char *folder;
    const char *const *endings;
    data_watch watch;
    void *user;
    int64_t seen; /* entries */
    size_t room;  /* of l->path */
} walk;

vq_status listing_stopped(vq_error *err)
{
    return vq_fail(err, VQ_ESTOPPED, "stopped while the data was looked through");
}

/* Append sub + name. */
static vq_status add(walk *w, const char *sub, const char *name, vq_error *err)
{
    listing *l = w->l;
    if ((size_t)l->n == w->room) {
        size_t room = w->room ? 2 * w->room : 64;
        char **more = realloc(l->path, room * sizeof *more);
        if (!more)
            return vq_fail_memory(err, room * sizeof *more);
        l->path = more;
        w->room = room;
    }
    size_t size = strlen(sub) + strlen(name) + 1;
    char *both = malloc(size);
    if (!both)
        return vq_fail_memory(err, size);
    snprintf(both, size, "%s%s", sub, name);
    l->path[l->n++] = both;
    return VQ_OK;
}

/* What an entry is, through links: a DT_ constant, DT_LNK for a dead link. */
static int type_of(DIR *dir, const struct dirent *entry)
{
    struct stat info;
    if (entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN)
        return entry->d_type;
    if (fstatat(dirfd(dir), entry->d_name, &info, 0) != 0)
        return errno == ENOENT || errno == ELOOP ? DT_LNK
                                                 : DT_REG; /* it will say why */
    return S_ISDIR(info.st_mode) ? DT_DIR : S_ISREG(info.st_mode) ? DT_REG : DT_CHR;
}

/* What a training draws is none of its data, though its run folder may lie there. */
static vq_status is_of_run(const level *here, const char *name, bool *is, vq_error *err)
{
    static const char *const beside[] = {RUN_CONFIG, RUN_LOG};
    vq_status status = VQ_OK;
    *is = strcmp(name, RUN_SAMPLES) == 0;
    for (int i = 0; *is && i < 2; i++) {
        char path[VQ_PATH_MAX];
        TRY(file_join(path, here->path, beside[i], err));
        TRY(path_look(path, is, err));
    }
out:
    return status;
}

static vq_status walk_folder(walk *w, const char *sub, const level *above,
                             vq_error *err);

static vq_status take(walk *w, const char *sub, const level *here, DIR *dir,
                      const struct dirent *entry, vq_error *err)
{
    const char *name = entry->d_name;
    const bool wanted = ending_among(name, w->endings) != NULL;
    if (name[0] == '.')
        return VQ_OK;
    const int type = type_of(dir, entry);
    if (type == DT_DIR && !wanted) {
        char deeper[VQ_PATH_MAX];
        bool is_left_out;
        vq_status status = is_of_run(here, name, &is_left_out, err);
        if (status != VQ_OK || is_left_out)
            return status;
        int length = snprintf(deeper, sizeof deeper, "%s%s/", sub, name);
        if (length >= (int)sizeof deeper)
            return vq_fail(err, VQ_EUSAGE, "path is longer than %d bytes: '%.64s...'",
                           VQ_PATH_MAX - 1, deeper);
        return walk_folder(w, deeper, here, err);
    }
    if (!wanted) {
        w->l->foreign += type == DT_REG && ending_among(name, ending_foreign);
        return VQ_OK;
    }
    if (type == DT_REG)
        return add(w, sub, name, err);
    int64_t *odd = type == DT_DIR   ? &w->l->folders
                   : type == DT_LNK ? &w->l->dead_links
                                    : &w->l->others;
    ++*odd;
    return VQ_OK;
}

/* The entries of folder/sub; sub is "" or ends in "/". */
static vq_status walk_folder(walk *w, const char *sub, const level *above,
                             vq_error *err)
{
    vq_status status;
    char path[VQ_PATH_MAX];
    struct stat info;
    const struct dirent *entry;
    DIR *dir = NULL;
    if (sub[0])
        TRY(file_join(path, w->folder, sub, err));
    else
        snprintf(path, sizeof path, "%s", w->folder);
    dir = fd_folder(path);
    if (!dir || fstat(dirfd(dir), &info) != 0) {
        status = vq_fail(err, vq_status_of(errno), "cannot open '%s': %s", path,
                         strerror(errno));
        goto out;
    }
    const level here = {above, path, info.st_dev, info.st_ino};
    for (; above; above = above->above)
        if (above->device == here.device && above->number == here.number)
            goto out;
    while (errno = 0, (entry = readdir(dir))) {
        if (++w->seen % TELL_EVERY == 0 && w->watch && w->watch(w->user, w->seen, 0)) {
            status = listing_stopped(err);
            goto out;
        }
        TRY(take(w, sub, &here, dir, entry, err));
    }
    if (errno != 0)
        status =
            vq_fail(err, VQ_EIO, "cannot read folder '%s': %s", path, strerror(errno));
out:
    if (dir)
        closedir(dir);
    return status;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

vq_status listing_make(listing *l, const char *folder, const char *const *endings,
                       data_watch watch, void *user, vq_error *err)
{
    walk w = {
        .l = l, .folder = folder, .endings = endings, .watch = watch, .user = user};
    *l = (listing){0};
    vq_status status = walk_folder(&w, "", NULL, err);
    if (l->n > 1)
        qsort(l->path, (size_t)l->n, sizeof *l->path, compare);
    return status;
}

void listing_release(listing *l)
{
    for (int64_t i = 0; i < l->n; i++)
        free(l->path[i]);
    free(l->path);
    *l = (listing){0};
}
