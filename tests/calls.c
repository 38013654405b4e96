/*
 * SPDX-License-Identifier: MIT
 *
 * The system's calls, any of which a test can make fail; which they are: WRAPPED in the
 * Makefile.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/status.h"
#include "faults.h"

static const char *_Atomic failing; /* its name; NULL: none */
static atomic_long calls_left;
static int failing_reason;

void call_fail_at(const char *name, long n, int reason)
{
    atomic_store(&failing, NULL);
    atomic_store(&calls_left, n);
    failing_reason = reason;
    atomic_store(&failing, name);
}

bool call_failed(void)
{
    atomic_store(&failing, NULL);
    return atomic_load(&calls_left) <= 0;
}

static int descriptors(void)
{
    int n = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder))
        n++;
    closedir(folder);
    return n;
}

/* With the n-th call failing; true where it came to that. */
static bool try_fault(const call_fault *f, long n, vq_status (*act)(vq_error *),
                      vq_status *status)
{
    vq_error err;
    const int open = descriptors();
    const bool allocation = strcmp(f->call, ALLOCATION) == 0;
    call_fail_at(f->call, n, f->reason);
    support_alloc_fail_at(allocation ? n : 0);
    *status = act(&err);
    const bool allocations_failed = support_alloc_failed();
    support_alloc_fail_at(0);
    const bool calls_failed = call_failed();
    const bool hit = allocation ? allocations_failed : calls_failed;
    if (*status != VQ_OK && !hit)
        fail_msg("%s, call %ld: no fault, but: %s", f->call, n, err.message);
    if (*status != VQ_OK)
        assert_fails(*status, vq_status_of(f->reason), &err, f->message);
    if (descriptors() != open)
        fail_msg("%s, %s, call %ld: %d descriptors are open, %d were", f->call,
                 strerror(f->reason), n, descriptors(), open);
    return hit;
}

static void try_faults(const call_fault *faults, bool places, void (*before)(void),
                       vq_status (*act)(vq_error *), void (*after)(vq_status))
{
    for (const call_fault *f = faults; f->call; f++) {
        int in_vain = 0, calls = 0;
        support_places_forget();
        for (bool hit = true; hit; calls += hit) {
            vq_status status;
            if (before)
                before();
            hit = try_fault(f, places ? NEW_PLACE : calls + 1, act, &status);
            in_vain += status != VQ_OK;
            if (after)
                after(status);
        }
        const int want = f->in_vain == EVERY ? calls : f->in_vain;
        if (calls == 0 || (want == SOME ? in_vain == 0 : in_vain != want))
            fail_msg("%s, %s: %d of %d calls in vain, want %d", f->call,
                     strerror(f->reason), in_vain, calls, want);
    }
}

void assert_call_faults(const call_fault *faults, void (*before)(void),
                        vq_status (*act)(vq_error *), void (*after)(vq_status))
{
    try_faults(faults, false, before, act, after);
}

void assert_place_faults(const call_fault *faults, void (*before)(void),
                         vq_status (*act)(vq_error *), void (*after)(vq_status))
{
    try_faults(faults, true, before, act, after);
}

/* True, with errno, when this call is the one that must fail. */
static bool hit(const char *name)
{
    const char *meant = atomic_load(&failing);
    if (!meant || strcmp(meant, name) != 0)
        return false;
    if (atomic_load(&calls_left) == NEW_PLACE ? !support_place_taken(&calls_left)
                                              : atomic_fetch_sub(&calls_left, 1) != 1)
        return false;
    errno = failing_reason;
    return true;
}

#define WRAP(type, name, failure, parameters, ...)                                     \
    type __real_##name parameters;                                                     \
    type __wrap_##name parameters;                                                     \
    type __wrap_##name parameters                                                      \
    {                                                                                  \
        return hit(#name) ? failure : __real_##name(__VA_ARGS__);                      \
    }

WRAP(ssize_t, read, -1, (int fd, void *to, size_t n), fd, to, n)
WRAP(ssize_t, write, -1, (int fd, const void *from, size_t n), fd, from, n)
WRAP(ssize_t, pread, -1, (int fd, void *to, size_t n, off_t at), fd, to, n, at)
WRAP(ssize_t, pwrite, -1, (int fd, const void *from, size_t n, off_t at), fd, from, n,
     at)
WRAP(off_t, lseek, -1, (int fd, off_t at, int whence), fd, at, whence)
WRAP(int, sched_getaffinity, -1, (pid_t id, size_t n, cpu_set_t *set), id, n, set)
WRAP(int, fsync, -1, (int fd), fd)
WRAP(int, ftruncate, -1, (int fd, off_t size), fd, size)
WRAP(int, fallocate, -1, (int fd, int mode, off_t at, off_t size), fd, mode, at, size)
WRAP(int, flock, -1, (int fd, int how), fd, how)
WRAP(int, fstat, -1, (int fd, struct stat *st), fd, st)
WRAP(int, fchmod, -1, (int fd, mode_t mode), fd, mode)
WRAP(int, stat, -1, (const char *path, struct stat *st), path, st)
WRAP(int, rename, -1, (const char *from, const char *to), from, to)
WRAP(int, symlink, -1, (const char *to, const char *path), to, path)
WRAP(int, unlink, -1, (const char *path), path)
WRAP(int, mkdir, -1, (const char *path, mode_t mode), path, mode)
WRAP(DIR *, fdopendir, NULL, (int fd), fd)
WRAP(char *, realpath, NULL, (const char *path, char *real), path, real)
WRAP(FILE *, fopencookie, NULL,
     (void *cookie, const char *mode, cookie_io_functions_t calls), cookie, mode, calls)
WRAP(int, getentropy, -1, (void *to, size_t n), to, n)
WRAP(int, pthread_create, failing_reason,
     (pthread_t * thread, const pthread_attr_t *how, void *(*f)(void *), void *user),
     thread, how, f, user)

int __real_close(int fd);
int __wrap_close(int fd);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);

/* Closed in any case, as Linux does it. */
int __wrap_close(int fd)
{
    const int result = __real_close(fd);
    return hit("close") ? -1 : result;
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    const mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
    va_end(list);
    return hit("open") ? -1 : __real_open(path, flags, mode);
}
