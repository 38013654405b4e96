/*
 * SPDX-License-Identifier: MIT
 *
 * A reader of a file under its old name sees the old bytes or the new ones, never a
 * mix, whenever the power fails: data reaches the disk (fsync) before the name does
 * (rename, then fsync of the folder).
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"

static bool is_standard(const char *path)
{
    return strcmp(path, "-") == 0;
}

const char *file_input_name(const char *path)
{
    return is_standard(path) ? "standard input" : path;
}

static const char *output_name(const file_writer *w)
{
    return w->path[0] ? w->path : "standard output";
}

/* ---- reading --------------------------------------------------------------------- */

/* A file on its way into memory. */
typedef struct reading {
    int fd;
    const char *name;
    int64_t size;        /* to be expected; -1: not known */
    file_look_fn look;   /* NULL: no need */
    unsigned char *data; /* [room], of which `used` are in */
    size_t used, room;
} reading;

/* Room for n bytes in all. */
static vq_status make_room(reading *r, size_t n, vq_error *err)
{
    unsigned char *more = realloc(r->data, n);
    if (!more)
        return vq_fail_memory(err, n);
    r->data = more;
    r->room = n;
    return VQ_OK;
}

/* Fill the room, or come to the end of the file. */
static vq_status fill(reading *r, vq_error *err)
{
    const ssize_t n = fd_read(r->fd, r->data + r->used, r->room - r->used);
    if (n < 0)
        return vq_fail(err, VQ_EIO, "cannot read '%s': %s", r->name, strerror(errno));
    r->used += (size_t)n;
    return VQ_OK;
}

/* Look, once there is enough to be looked at. */
static vq_status look_once(reading *r, vq_error *err)
{
    const file_look_fn look = r->look;
    if (!look || r->used < FILE_LOOK_BYTES)
        return VQ_OK;
    r->look = NULL;
    const int64_t size = r->size < (int64_t)r->used ? -1 : r->size; /* or it grows */
    return look(r->name, r->data, FILE_LOOK_BYTES, size, err);
}

/* Read to the end. One byte more than is expected is asked for, so that the end of a
 * file of the expected size is seen without growing. */
static vq_status read_all(reading *r, size_t max, vq_error *err)
{
    vq_status status;
    const size_t limit = max < SIZE_MAX ? max + 1 : max;
    const size_t expected = r->size < 0 ? 65535 : (size_t)r->size;
    const size_t whole = expected < limit ? expected + 1 : limit;
    size_t next = r->look && whole > FILE_LOOK_BYTES ? FILE_LOOK_BYTES : whole;
    do {
        TRY(make_room(r, next, err));
        TRY(fill(r, err));
        TRY(look_once(r, err));
        next = r->room < whole ? whole : r->room < limit / 2 ? r->room * 2 : limit;
    } while (r->used == r->room && r->used < limit);
    if (r->used > max)
        status = vq_fail(err, VQ_EINPUT, "'%s' is larger than %zu bytes", r->name, max);
out:
    return status;
}

vq_status file_read_looking(const char *path, size_t max, file_look_fn look,
                            unsigned char **data, size_t *size, vq_error *err)
{
    vq_status status = VQ_OK;
    struct stat st;
    reading r = {.name = file_input_name(path), .size = -1, .look = look};
    *data = NULL;
    *size = 0;
    r.fd = is_standard(path) ? STDIN_FILENO : fd_open(path, O_RDONLY, 0);
    if (r.fd < 0)
        return vq_fail(err, vq_status_of(errno), "cannot open '%s': %s", r.name,
                       strerror(errno));
    if (!is_standard(path) && fstat(r.fd, &st) == 0 && S_ISREG(st.st_mode)) {
        r.size = (int64_t)st.st_size;
        if ((uintmax_t)st.st_size > max)
            TRY(vq_fail(err, VQ_EINPUT, "'%s' has %jd bytes, more than %zu", r.name,
                        (intmax_t)st.st_size, max));
    }
    TRY(read_all(&r, max, err));
    *data = r.data;
    *size = r.used;
    r.data = NULL;
out:
    free(r.data);
    if (!is_standard(path))
        fd_close(r.fd);
    return status;
}

vq_status file_read(const char *path, size_t max, unsigned char **data, size_t *size,
                    vq_error *err)
{
    return file_read_looking(path, max, NULL, data, size, err);
}

/* ---- writing --------------------------------------------------------------------- */

/* Length of path's folder with its last slash; 0 for the current folder. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/*
 * Create an empty temporary beside w->path and leave its name in w->temp. Not mkstemp:
 * that forces mode 0600, and the umask to widen it with can only be read by changing
 * it. Returns the descriptor, or -1 and errno.
 */
static int open_temp(file_writer *w)
{
    for (int tries = 0; tries < 100; tries++) {
        w->slot = temporary_name(w->path, w->temp);
        if (w->slot < 0)
            break;
        int fd = fd_open(w->temp, O_WRONLY | O_CREAT | O_EXCL, 0666);
        if (fd >= 0)
            return fd;
        temporary_forget(w->slot);
        if (errno != EEXIST)
            break;
    }
    w->temp[0] = '\0';
    return -1;
}

/* Set w->path to what path names, through a symbolic link. False, with errno. */
static bool resolve(file_writer *w, const char *path)
{
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
        return path_follow(w->path, path); /* a dangling link itself is replaced */
    if (snprintf(w->path, sizeof w->path, "%s", path) < (int)sizeof w->path)
        return true;
    errno = ENAMETOOLONG;
    return false;
}

/* Open the descriptor to write to, with w->path and w->temp. -1, with errno. */
static int open_target(file_writer *w, const char *path)
{
    if (is_standard(path)) {
        fflush(stdout); /* keep the order of what the program printed before */
        return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    }
    struct stat st;
    if (stat(path, &st) != 0) {
        if (path[0] == '\0')
            return -1;
        return resolve(w, path) ? open_temp(w) : -1;
    }
    if (S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return -1;
    }
    if (!S_ISREG(st.st_mode)) {
        snprintf(w->path, sizeof w->path, "%s", path);
        return fd_open(path, O_WRONLY, 0);
    }
    int fd = resolve(w, path) ? open_temp(w) : -1;
    if (fd >= 0 && fchmod(fd, st.st_mode & 0777) != 0) {
        int reason = errno;
        fd_close(fd);
        errno = reason;
        return -1;
    }
    return fd;
}

vq_status file_writer_open(file_writer *w, const char *path, vq_error *err)
{
    *w = (file_writer){0};
    int fd = open_target(w, path);
    w->fd = fd;
    w->stream = fd_stream(fd, "w");
    if (w->stream)
        return VQ_OK;
    int reason = errno;
    file_writer_abort(w);
    return vq_fail(err, vq_status_of(reason), "cannot create '%s': %s",
                   is_standard(path) ? "standard output" : path, strerror(reason));
}

static vq_status fail_write(const file_writer *w, const char *reason, vq_error *err)
{
    return vq_fail(err, VQ_EIO, "cannot write '%s': %s", output_name(w), reason);
}

vq_status file_writer_put(file_writer *w, const void *data, size_t size, vq_error *err)
{
    if (size && fwrite(data, 1, size, w->stream) != size)
        return fail_write(w, strerror(errno), err);
    return VQ_OK;
}

/* Make a rename in the folder of path survive a power cut. */
static bool sync_folder(const char *path)
{
    char folder[VQ_PATH_MAX];
    size_t n = folder_length(path);
    snprintf(folder, sizeof folder, "%.*s", n ? (int)n : 1, n ? path : ".");
    int fd = fd_open(folder, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return errno == EACCES; /* may be written but not read: nothing to sync by */
    bool good = fd_sync(fd);
    int reason = errno;
    fd_close(fd);
    errno = reason;
    return good;
}

/* Everything up to the rename. A failed flush keeps its bytes, so flushing once more
 * finds the reason of an earlier failure that only left its mark on the stream. */
static vq_status finish_stream(file_writer *w, vq_error *err)
{
    bool failed_before = ferror(w->stream);
    if (fflush(w->stream) != 0)
        return fail_write(w, strerror(errno), err);
    if (failed_before)
        return fail_write(w, "an earlier write failed", err);
    if (w->temp[0] && !fd_sync(w->fd))
        return fail_write(w, strerror(errno), err);
    FILE *stream = w->stream;
    w->stream = NULL;
    if (fclose(stream) != 0)
        return fail_write(w, strerror(errno), err);
    return VQ_OK;
}

vq_status file_rename(const char *from, const char *to, vq_error *err)
{
    if (rename(from, to) != 0)
        return vq_fail(err, VQ_EIO, "cannot replace '%s': %s", to, strerror(errno));
    if (!sync_folder(to))
        return vq_fail(err, VQ_EIO, "cannot sync the folder of '%s': %s", to,
                       strerror(errno));
    return VQ_OK;
}

vq_status file_writer_commit(file_writer *w, vq_error *err)
{
    vq_status status;
    TRY(finish_stream(w, err));
    if (!w->temp[0])
        goto out;
    TRY(file_rename(w->temp, w->path, err));
out:
    file_writer_abort(w);
    return status;
}

void file_writer_abort(file_writer *w)
{
    if (w->stream)
        fclose(w->stream);
    if (w->temp[0]) {
        unlink(w->temp);
        temporary_forget(w->slot);
    }
    *w = (file_writer){0};
}

vq_status file_check_target(const char *path, vq_error *err)
{
    struct stat st;
    file_writer w = {0};
    char folder[VQ_PATH_MAX];
    if (is_standard(path))
        return VQ_OK;
    int reason = 0;
    if (path[0] == '\0')
        reason = ENOENT;
    else if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        reason = EISDIR;
    else if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return VQ_OK; /* a device or a pipe: opening it could block */
    else if (!resolve(&w, path))
        reason = errno;
    if (reason == 0) {
        size_t n = folder_length(w.path);
        snprintf(folder, sizeof folder, "%.*s", n ? (int)n : 1, n ? w.path : ".");
        reason = access(folder, W_OK | X_OK) == 0 ? 0 : errno;
    }
    return reason ? vq_fail(err, vq_status_of(reason), "cannot create '%s': %s", path,
                            strerror(reason))
                  : VQ_OK;
}

vq_status file_write(const char *path, const void *data, size_t size, vq_error *err)
{
    file_writer w;
    vq_status status = file_writer_open(&w, path, err);
    if (status != VQ_OK)
        return status;
    TRY(file_writer_put(&w, data, size, err));
    TRY(file_writer_commit(&w, err));
out:
    file_writer_abort(&w);
    return status;
}

/* ---- folders --------------------------------------------------------------------- */

static bool make_dir(const char *path)
{
    struct stat st;
    if (mkdir(path, 0777) == 0)
        return true;
    int reason = errno; /* not always EEXIST where the folder exists: ask */
    if (stat(path, &st) == 0) {
        errno = ENOTDIR;
        return S_ISDIR(st.st_mode);
    }
    if (errno == ENOENT)
        errno = reason;
    return false;
}

vq_status file_make_dirs(const char *path, vq_error *err)
{
    char part[VQ_PATH_MAX];
    size_t n = strlen(path);
    if (n >= sizeof part)
        return vq_fail(err, VQ_EIO, "cannot make folder '%s': %s", path,
                       strerror(ENAMETOOLONG));
    for (size_t i = n ? 1 : 0; i <= n; i++) { /* the root needs no making */
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (!make_dir(part))
            return vq_fail(err, VQ_EIO, "cannot make folder '%s': %s", part,
                           strerror(errno));
    }
    return VQ_OK;
}

bool file_exists(const char *path)
{
    bool there;
    return path_look(path, &there, NULL) != VQ_OK || there;
}

vq_status file_join(char path[VQ_PATH_MAX], const char *folder, const char *name,
                    vq_error *err)
{
    const size_t n = strlen(folder);
    const char *slash = n && folder[n - 1] == '/' ? "" : "/";
    int length = snprintf(path, VQ_PATH_MAX, "%s%s%s", folder, slash, name);
    if (length >= VQ_PATH_MAX)
        return vq_fail(err, VQ_EUSAGE, "path is longer than %d bytes: '%.64s...'",
                       VQ_PATH_MAX - 1, path);
    return VQ_OK;
}
