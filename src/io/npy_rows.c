/* SPDX-License-Identifier: MIT */
#include "io/npy_rows.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "io/checksum.h"

#define DONE ((uint64_t)1 << 32) /* a piece's entry is this and its checksum */

/* ---- bytes in their places --------------------------------------------------------
 */

static vq_status fail_at(const npy_rows *r, const char *what, vq_error *err)
{
    return vq_fail(err, vq_status_of(errno), "cannot %s '%s': %s", what, r->part,
                   strerror(errno));
}

static vq_status write_at(const npy_rows *r, int64_t at, const void *bytes, size_t size,
                          vq_error *err)
{
    if (fd_write_at(r->fd, bytes, size, (off_t)at))
        return VQ_OK;
    return fail_at(r, "write", err);
}

static vq_status read_at(const npy_rows *r, int64_t at, void *bytes, size_t size,
                         vq_error *err)
{
    const ssize_t n = fd_read_at(r->fd, bytes, size, (off_t)at);
    if (n == (ssize_t)size)
        return VQ_OK;
    if (n >= 0)
        errno = EIO; /* its size was looked at */
    return fail_at(r, "read", err);
}

/* ---- pieces ------------------------------------------------------------------------
 */

int64_t npy_rows_of(const npy_rows *r, int64_t piece, int64_t *first)
{
    *first = piece * r->plan.per_piece;
    const int64_t left = r->plan.dims[0] - *first;
    return left < r->plan.per_piece ? left : r->plan.per_piece;
}

static int64_t place_of(const npy_rows *r, int64_t first)
{
    return r->table_at - (r->plan.dims[0] - first) * (int64_t)r->row;
}

static void note(npy_rows *r, int64_t piece)
{
    int64_t first;
    r->n_done += r->done[piece] ? 0 : npy_rows_of(r, piece, &first);
    r->done[piece] = true;
}

vq_status npy_rows_put(npy_rows *r, int64_t piece, const void *bytes, vq_error *err)
{
    vq_status status;
    int64_t first;
    assert(piece >= 0 && piece < r->pieces);
    const size_t size = (size_t)npy_rows_of(r, piece, &first) * r->row;
    const uint64_t entry = DONE + checksum_add(0, bytes, size);
    TRY(write_at(r, place_of(r, first), bytes, size, err));
    TRY(write_at(r, r->table_at + 8 + 8 * piece, &entry, 8, err));
    note(r, piece);
out:
    return status;
}

/* ---- the unfinished file -----------------------------------------------------------
 */

/* The header, an empty table and the room between. */
static vq_status begin(npy_rows *r, const char *header, size_t size, vq_error *err)
{
    vq_status status = VQ_OK;
    const int64_t end = r->table_at + 8 + 8 * r->pieces;
    /* no room now is better than none after hours */
    if (!fd_reserve(r->fd, (off_t)end))
        return fail_at(r, "write", err);
    TRY(write_at(r, 0, header, size, err));
    TRY(write_at(r, r->table_at, &r->plan.job, 8, err));
out:
    return status;
}

/* Note the pieces whose checksums are right. */
static vq_status check_pieces(npy_rows *r, vq_error *err)
{
    vq_status status = VQ_OK;
    const size_t most = (size_t)r->plan.per_piece * r->row;
    unsigned char *bytes = malloc(most);
    if (!bytes)
        return vq_fail_memory(err, most);
    for (int64_t i = 0; i < r->pieces; i++) {
        uint64_t entry;
        int64_t first;
        const size_t size = (size_t)npy_rows_of(r, i, &first) * r->row;
        TRY(read_at(r, r->table_at + 8 + 8 * i, &entry, 8, err));
        if (entry == 0)
            continue;
        TRY(read_at(r, place_of(r, first), bytes, size, err));
        if (entry == DONE + checksum_add(0, bytes, size))
            note(r, i);
    }
out:
    free(bytes);
    return status;
}

/* Is what lies there the beginning of this work? */
static vq_status take_up(npy_rows *r, const char *header, size_t size, vq_error *err)
{
    vq_status status;
    char found[NPY_HEADER_MAX];
    uint64_t job;
    struct stat info;
    if (fstat(r->fd, &info) != 0)
        return fail_at(r, "read", err);
    const bool sized = info.st_size == r->table_at + 8 + 8 * r->pieces;
    /* killed on the way to its name, no table left; or before there was any room */
    if (info.st_size == r->table_at || info.st_size == 0)
        return begin(r, header, size, err);
    if (sized) {
        TRY(read_at(r, 0, found, size, err));
        TRY(read_at(r, r->table_at, &job, 8, err));
        if (job == 0) /* or before it was noted whose room that is */
            return begin(r, header, size, err);
    }
    if (sized && memcmp(found, header, size) == 0 && job == r->plan.job)
        return check_pieces(r, err);
    return vq_fail(err, VQ_EINPUT,
                   "'%s' was begun with another model, other data or other options: "
                   "remove it to begin anew",
                   r->part);
out:
    return status;
}

/* ---- opening and closing -----------------------------------------------------------
 */

/* The names; a link is followed to what it leads to. */
static vq_status set_paths(npy_rows *r, const char *path, vq_error *err)
{
    const bool known = path_follow(r->path, path);
    if (!known && errno != ENAMETOOLONG)
        return vq_fail(err, vq_status_of(errno), "cannot write '%s': %s", path,
                       strerror(errno));
    if (!known ||
        snprintf(r->part, sizeof r->part, "%s.part", r->path) >= (int)sizeof r->part)
        return vq_fail(err, VQ_EUSAGE, "path is longer than %d bytes: '%.64s...'",
                       VQ_PATH_MAX - 1, path);
    return VQ_OK;
}

static vq_status lock(const npy_rows *r, int how, vq_error *err)
{
    if (!fd_lock(r->fd, how) && errno == EWOULDBLOCK)
        return vq_fail(err, VQ_EIO, "another process is writing '%s'", r->part);
    return VQ_OK;
}

/* Let those read and write it that may read and write the file in whose place it comes.
 */
static bool take_mode(const npy_rows *r)
{
    struct stat st;
    return stat(r->path, &st) != 0 || !S_ISREG(st.st_mode) ||
           fchmod(r->fd, st.st_mode & 0777) == 0;
}

/*
 * Open the file, new or not, when no other process has it. From then on the lock is a
 * shared one, for those that join: it keeps others away while any of them lives, and
 * has clients of NFS write the bytes that they are given and not the page around.
 */
static vq_status open_part(npy_rows *r, bool resume, bool *is_new, vq_error *err)
{
    vq_status status;
    r->fd = fd_open(r->part, O_RDWR | O_CREAT | O_EXCL, 0666);
    *is_new = r->fd >= 0;
    if (!*is_new && errno == EEXIST)
        r->fd = fd_open(r->part, O_RDWR, 0);
    if (r->fd < 0 || (*is_new && !take_mode(r)))
        return fail_at(r, *is_new || !resume ? "create" : "open", err);
    TRY(lock(r, LOCK_EX, err));
    if (!*is_new && !resume)
        TRY(vq_fail(
            err, VQ_EUSAGE,
            "'%s' is the beginning of an earlier run: --resume goes on with it, "
            "or remove it",
            r->part));
    TRY(lock(r, LOCK_SH, err));
out:
    if (status != VQ_OK)
        *is_new = false; /* whoever has it now went on with it */
    return status;
}

/* All that plan and path say. */
static vq_status prepare(npy_rows *r, const char *path, const npy_rows_plan *plan,
                         char header[NPY_HEADER_MAX], size_t *size, vq_error *err)
{
    vq_status status;
    *r = (npy_rows){.plan = *plan, .fd = -1};
    *size = npy_header_make(header, plan->dtype, plan->rank, plan->dims);
    r->row = (size_t)(plan->dtype[2] - '0');
    for (int i = 1; i < plan->rank; i++)
        r->row *= (size_t)plan->dims[i];
    r->pieces = (plan->dims[0] - 1) / plan->per_piece + 1;
    r->table_at = (int64_t)*size + plan->dims[0] * (int64_t)r->row;
    TRY(set_paths(r, path, err));
    r->done = calloc((size_t)r->pieces, sizeof *r->done);
    if (!r->done)
        status = vq_fail_memory(err, (size_t)r->pieces * sizeof *r->done);
out:
    return status;
}

vq_status npy_rows_open(npy_rows *r, const char *path, const npy_rows_plan *plan,
                        bool resume, vq_error *err)
{
    vq_status status;
    char header[NPY_HEADER_MAX];
    size_t size;
    bool is_new = false;
    TRY(prepare(r, path, plan, header, &size, err));
    TRY(open_part(r, resume, &is_new, err));
    TRY(is_new ? begin(r, header, size, err) : take_up(r, header, size, err));
out:
    if (status != VQ_OK) {
        if (is_new)
            unlink(r->part);
        npy_rows_close(r);
    }
    return status;
}

/* ---- several processes -------------------------------------------------------------
 */

vq_status npy_rows_join(npy_rows *r, const char *path, const npy_rows_plan *plan,
                        vq_error *err)
{
    vq_status status;
    char header[NPY_HEADER_MAX];
    size_t size;
    TRY(prepare(r, path, plan, header, &size, err));
    r->fd = fd_open(r->part, O_RDWR, 0);
    TRY(r->fd >= 0 ? lock(r, LOCK_SH, err) : fail_at(r, "open", err));
out:
    if (status != VQ_OK)
        npy_rows_close(r);
    return status;
}

vq_status npy_rows_flush(npy_rows *r, vq_error *err)
{
    return fd_sync(r->fd) ? VQ_OK : fail_at(r, "write", err);
}

vq_status npy_rows_check(npy_rows *r, vq_error *err)
{
    memset(r->done, 0, (size_t)r->pieces * sizeof *r->done);
    r->n_done = 0;
    vq_status status = check_pieces(r, err);
    if (status == VQ_OK && r->n_done < r->plan.dims[0])
        status = vq_fail(err, VQ_EIO,
                         "of the rows in '%s' only %" PRId64 " of %" PRId64
                         " are as they were written: --resume does the others again",
                         r->part, r->n_done, r->plan.dims[0]);
    return status;
}

/* ---- the end -----------------------------------------------------------------------
 */

vq_status npy_rows_commit(npy_rows *r, vq_error *err)
{
    vq_status status;
    assert(r->n_done == r->plan.dims[0]);
    /* the table vouches for the rows until they are on the disk */
    if (!fd_sync(r->fd) || !fd_cut(r->fd, (off_t)r->table_at))
        return fail_at(r, "write", err);
    TRY(file_rename(r->part, r->path, err));
    npy_rows_close(r);
out:
    return status;
}

void npy_rows_close(npy_rows *r)
{
    if (r->done)
        fd_close(r->fd);
    free(r->done);
    *r = (npy_rows){.fd = -1};
}
