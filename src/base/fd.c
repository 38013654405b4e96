/*
 * SPDX-License-Identifier: MIT
 *
 * Streams are cookies over the loops here: stdio itself takes EINTR for a failure, and
 * forgets how much of its buffer a failed write had put out.
 */
#include "base/fd.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Evaluate a call until no signal interrupts it. */
#define RETRY(result, call)                                                            \
    do                                                                                 \
        result = (call);                                                               \
    while (result < 0 && errno == EINTR)

static bool is_pipe(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

int fd_open(const char *path, int flags, mode_t mode)
{
    int fd;
    do
        fd = open(path, flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR && !is_pipe(path));
    return fd;
}

/* ---- whole reads and writes ------------------------------------------------------ */

/* No call takes more than INT_MAX bytes. */
static size_t at_once(size_t size)
{
    return size < INT_MAX ? size : INT_MAX;
}

/* Read at `at`, or where the descriptor stands when that is negative. */
static ssize_t read_all(int fd, unsigned char *to, size_t size, off_t at)
{
    size_t got = 0;
    while (got < size) {
        const size_t more = at_once(size - got);
        ssize_t n;
        RETRY(n, at < 0 ? read(fd, to + got, more)
                        : pread(fd, to + got, more, at + (off_t)got));
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        got += (size_t)n;
    }
    return (ssize_t)got;
}

static bool write_all(int fd, const unsigned char *from, size_t size, off_t at)
{
    size_t put = 0;
    while (put < size) {
        const size_t more = at_once(size - put);
        ssize_t n;
        RETRY(n, at < 0 ? write(fd, from + put, more)
                        : pwrite(fd, from + put, more, at + (off_t)put));
        if (n < 0)
            return false;
        put += (size_t)n;
    }
    return true;
}

ssize_t fd_read(int fd, void *to, size_t size)
{
    return read_all(fd, to, size, -1);
}

ssize_t fd_read_at(int fd, void *to, size_t size, off_t at)
{
    return read_all(fd, to, size, at);
}

bool fd_write(int fd, const void *from, size_t size)
{
    return write_all(fd, from, size, -1);
}

bool fd_write_at(int fd, const void *from, size_t size, off_t at)
{
    return write_all(fd, from, size, at);
}

/* ---- the rest -------------------------------------------------------------------- */

bool fd_sync(int fd)
{
    int result;
    RETRY(result, fsync(fd));
    return result == 0 || errno == EINVAL || errno == ENOTSUP;
}

bool fd_cut(int fd, off_t size)
{
    int result;
    RETRY(result, ftruncate(fd, size));
    return result == 0;
}

bool fd_reserve(int fd, off_t size)
{
    int result;
    RETRY(result, fallocate(fd, 0, 0, size));
    if (result != 0 && (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL))
        return fd_cut(fd, size);
    return result == 0;
}

bool fd_lock(int fd, int how)
{
    int result;
    RETRY(result, flock(fd, how | LOCK_NB));
    return result == 0;
}

/* Linux closes the descriptor also when it says EINTR. */
bool fd_close(int fd)
{
    return fd < 0 || close(fd) == 0 || errno == EINTR;
}

/* ---- streams --------------------------------------------------------------------- */

static int number_of(void *cookie)
{
    return (int)(intptr_t)cookie;
}

/* One call, no loop: of a pipe, what has come. */
static ssize_t stream_read(void *cookie, char *to, size_t size)
{
    ssize_t n;
    RETRY(n, read(number_of(cookie), to, at_once(size)));
    return n;
}

static ssize_t stream_write(void *cookie, const char *from, size_t size)
{
    return fd_write(number_of(cookie), from, size) ? (ssize_t)size : 0;
}

static int stream_seek(void *cookie, off64_t *at, int whence)
{
    const off_t where = lseek(number_of(cookie), *at, whence);
    *at = where;
    return where < 0 ? -1 : 0;
}

static int stream_close(void *cookie)
{
    return fd_close(number_of(cookie)) ? 0 : -1;
}

FILE *fd_stream(int fd, const char *mode)
{
    const cookie_io_functions_t calls = {
        .read = stream_read,
        .write = stream_write,
        .seek = stream_seek,
        .close = stream_close,
    };
    FILE *stream = fd < 0 ? NULL : fopencookie((void *)(intptr_t)fd, mode, calls);
    if (!stream) {
        const int reason = errno;
        fd_close(fd);
        errno = reason;
    }
    return stream;
}

FILE *fd_stream_open(const char *path)
{
    return fd_stream(fd_open(path, O_RDONLY, 0), "r");
}

DIR *fd_folder(const char *path)
{
    const int fd = fd_open(path, O_RDONLY | O_DIRECTORY, 0);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (!folder && fd >= 0) {
        const int reason = errno;
        fd_close(fd);
        errno = reason;
    }
    return folder;
}
