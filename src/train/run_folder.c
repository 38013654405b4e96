/* SPDX-License-Identifier: MIT */
#include "train/run_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/decimal.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"
#include "base/path.h"
#include "base/regular.h"
#include "config/config_json.h"

#define LOCK ".lock"
#define CONFIG_BYTES_MAX ((size_t)1 << 20)
#define RUNS_MAX 999999999999 /* one more is the most that config.json may say */

void run_folder_file(const run_folder *f, const char *name, char out[VQ_PATH_MAX + 64])
{
    snprintf(out, VQ_PATH_MAX + 64, "%s/%s", f->path, name);
}

static vq_status holds(const run_folder *f, const char *name, bool *it, vq_error *err)
{
    char path[VQ_PATH_MAX + 64];
    run_folder_file(f, name, path);
    return path_look(path, it, err);
}

/* ---- the lock -------------------------------------------------------------------- */

static vq_status fail_locked(const run_folder *f, int fd, vq_error *err)
{
    char holder[32] = "";
    ssize_t n = fd_read_at(fd, holder, sizeof holder - 1, 0);
    holder[n > 0 ? n : 0] = '\0';
    long pid = strtol(holder, NULL, 10);
    fd_close(fd);
    if (pid > 0)
        return vq_fail(err, VQ_EIO, "process %ld trains in '%s'", pid, f->path);
    return vq_fail(err, VQ_EIO, "another process trains in '%s'", f->path);
}

/* Is the descriptor's file still the one of that name, and not one just unlocked? */
static bool is_file(int fd, const char *path)
{
    struct stat a, b;
    return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino &&
           a.st_dev == b.st_dev;
}

/*
 * Whoever looks at the lock, run_folder_is_locked, has it for a moment: ask again. A
 * file system without locks (ENOLCK, ENOTSUP, EINVAL) is not at fault.
 */
static bool take_lock(int fd)
{
    const struct timespec moment = {.tv_nsec = 5000000};
    for (int i = 0; i < 5; i++) {
        if (fd_lock(fd, LOCK_EX) || errno != EWOULDBLOCK)
            return true;
        nanosleep(&moment, NULL);
    }
    return false;
}

static vq_status lock(run_folder *f, vq_error *err)
{
    char path[VQ_PATH_MAX + 64], pid[32];
    run_folder_file(f, LOCK, path);
    for (;;) {
        int fd = fd_open(path, O_RDWR | O_CREAT, 0666);
        if (fd < 0)
            return vq_fail(err, VQ_EIO, "cannot create '%s': %s", path,
                           strerror(errno));
        if (!take_lock(fd))
            return fail_locked(f, fd, err);
        if (is_file(fd, path)) {
            f->lock = fd;
            break;
        }
        fd_close(fd);
    }
    int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (!fd_cut(f->lock, 0) || !fd_write_at(f->lock, pid, (size_t)n, 0))
        return vq_fail(err, VQ_EIO, "cannot write '%s': %s", path, strerror(errno));
    return VQ_OK;
}

vq_status run_folder_find(char folder[VQ_PATH_MAX], const char *name, vq_error *err)
{
    struct stat info;
    const char *meant = strcmp(name, "latest") == 0 ? RUN_LATEST : name;
    if (snprintf(folder, VQ_PATH_MAX, "%s", meant) >= VQ_PATH_MAX)
        return vq_fail(err, VQ_EUSAGE, "path is longer than %d bytes: '%.64s...'",
                       VQ_PATH_MAX - 1, name);
    if (stat(folder, &info) != 0)
        return vq_fail(err, VQ_EIO, "cannot open '%s': %s", folder, strerror(errno));
    if (!S_ISDIR(info.st_mode))
        return vq_fail(err, VQ_EINPUT,
                       "'%s' is a file, no run folder, such as runs/latest", folder);
    return VQ_OK;
}

bool run_folder_is_locked(const char *folder)
{
    char path[VQ_PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/" LOCK, folder);
    const int fd = fd_open(path, O_RDONLY | O_NONBLOCK, 0); /* it may be a pipe */
    const bool locked = fd >= 0 && !fd_lock(fd, LOCK_SH) && errno == EWOULDBLOCK;
    fd_close(fd);
    return locked;
}

void run_folder_close(run_folder *f)
{
    char path[VQ_PATH_MAX + 64];
    if (f->lock) {
        run_folder_file(f, LOCK, path);
        unlink(path);
        fd_close(f->lock);
    }
    *f = (run_folder){0};
}

/* ---- opening --------------------------------------------------------------------- */

/*
 * The run that a folder's config.json describes: 1 where it gives no number, or is none
 * at all and about to be replaced.
 */
static vq_status read_run(run_folder *f, vq_error *err)
{
    char path[VQ_PATH_MAX + 64], digits[32];
    json_error_t fault;
    json_t *config = NULL;
    unsigned char *bytes = NULL;
    size_t size;
    vq_status status = VQ_OK;
    run_folder_file(f, RUN_CONFIG, path);
    if (file_exists(path)) {
        TRY(regular_read(path, CONFIG_BYTES_MAX, &bytes, &size, err));
        TRY(json_parse(&config, bytes, size, &fault, err));
    }
    const json_t *run = json_object_get(config, "run");
    const char *text = run ? config_json_text(run, digits) : NULL;
    if (!text || !decimal_read_whole(text, 1, RUNS_MAX, &f->run))
        f->run = 1;
out:
    json_decref(config);
    free(bytes);
    return status;
}

static vq_status open_existing(run_folder *f, bool resume, bool force, vq_error *err)
{
    bool has_model, has_config, has_results;
    vq_status status;
    TRY(lock(f, err));
    TRY(holds(f, RUN_CHECKPOINT, &f->has_checkpoint, err));
    TRY(holds(f, RUN_MODEL, &has_model, err));
    TRY(holds(f, RUN_CONFIG, &has_config, err));
    TRY(read_run(f, err));
    has_results = f->has_checkpoint || has_model;
    f->run += force && !resume && has_results;
    if (has_results && !resume && !force)
        return vq_fail(err, VQ_EUSAGE,
                       "'%s' holds a run: continue it with --resume, overwrite it with "
                       "--force, or choose another --out",
                       f->path);
    if (resume && !has_config)
        return vq_fail(err, VQ_EINPUT, "cannot resume '%s': it holds no run", f->path);
    if (resume && has_model && !f->has_checkpoint)
        return vq_fail(
            err, VQ_EINPUT,
            "cannot resume '%s': it holds a model but no checkpoint; --force "
            "starts over",
            f->path);
out:
    return status;
}

/* The run that f->latest links to. */
static void follow_latest(run_folder *f)
{
    char target[VQ_PATH_MAX - 8];
    ssize_t n = readlink(f->latest, target, sizeof target);
    if (n > 0 && n < (ssize_t)sizeof target && target[0] != '/')
        snprintf(f->path, sizeof f->path, "runs/%.*s", (int)n, target);
    else
        snprintf(f->path, sizeof f->path, "%s", f->latest);
}

vq_status run_folder_open(run_folder *f, const char *latest, const char *name,
                          const char *out, bool resume, bool force, vq_error *err)
{
    *f = (run_folder){.latest = latest, .name = name, .run = 1};
    f->chosen = !out[0] && !resume;
    if (f->chosen)
        return VQ_OK;
    if (!out[0] || strcmp(out, f->latest) == 0)
        follow_latest(f);
    else
        snprintf(f->path, sizeof f->path, "%s", out);
    if (file_exists(f->path))
        return open_existing(f, resume, force, err);
    if (resume)
        return vq_fail(err, VQ_EINPUT, "cannot resume '%s': it holds no run", f->path);
    return VQ_OK;
}

/* ---- beginning ------------------------------------------------------------------- */

/* Make runs/NAME, with the first free number behind it from the second run on. */
static vq_status make_chosen(run_folder *f, vq_error *err)
{
    vq_status status = file_make_dirs("runs", err);
    for (int i = 1; status == VQ_OK; i++) {
        char number[16] = "";
        if (i > 1)
            snprintf(number, sizeof number, "-%d", i);
        snprintf(f->path, sizeof f->path, "runs/%.400s%s", f->name, number);
        if (mkdir(f->path, 0777) == 0)
            break;
        if (errno != EEXIST)
            status = vq_fail(err, VQ_EIO, "cannot make folder '%s': %s", f->path,
                             strerror(errno));
    }
    return status;
}

static vq_status take_away(const run_folder *f, const char *name, vq_error *err)
{
    char path[VQ_PATH_MAX + 64];
    run_folder_file(f, name, path);
    if (unlink(path) == 0 || errno == ENOENT)
        return VQ_OK;
    return vq_fail(err, VQ_EIO, "cannot remove '%s': %s", path, strerror(errno));
}

vq_status run_folder_describe(run_folder *f, const char *config, vq_error *err)
{
    char path[VQ_PATH_MAX + 64];
    vq_status status;
    run_folder_file(f, RUN_SAMPLES, path);
    TRY(file_make_dirs(path, err));
    temporaries_remove_stale(path);
    temporaries_remove_stale(f->path);
    run_folder_file(f, RUN_CONFIG, path);
    TRY(file_write(path, config, strlen(config), err));
out:
    return status;
}

vq_status run_folder_begin(run_folder *f, const char *config, vq_error *err)
{
    vq_status status;
    TRY(f->chosen ? make_chosen(f, err) : file_make_dirs(f->path, err));
    if (!f->lock) /* another run may have come and gone since run_folder_open */
        TRY(open_existing(f, false, false, err));
    TRY(take_away(f, RUN_CHECKPOINT, err));
    TRY(take_away(f, RUN_MODEL, err));
    TRY(run_folder_describe(f, config, err));
out:
    return status;
}

void run_folder_link_latest(const run_folder *f, char note[320])
{
    const char *name = f->path + strlen("runs/");
    char temp[64];
    note[0] = '\0';
    if (strncmp(f->path, "runs/", strlen("runs/")) != 0 || strchr(name, '/') ||
        strcmp(f->path, f->latest) == 0)
        return;
    snprintf(temp, sizeof temp, "runs/.latest-%ld", (long)getpid());
    unlink(temp);
    if (symlink(name, temp) == 0 && rename(temp, f->latest) == 0)
        return;
    snprintf(note, 320, "cannot link '%.80s' to '%.150s': %s", f->latest, name,
             strerror(errno));
    unlink(temp);
}
