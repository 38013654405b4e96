/*
 * SPDX-License-Identifier: MIT
 *
 * Files by descriptor: the system's calls, but neither a signal nor a short count ends
 * one early. The rest of the house opens, reads and writes through here
 * (scripts/layers.sh). Failures are -1, NULL or false, with errno. Tested in
 * tests/base/test_fd.c and, call by call, by scripts/torture.py.
 */
#ifndef VQ_BASE_FD_H
#define VQ_BASE_FD_H

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/types.h>

/* open(2); O_CLOEXEC is added. EINTR only of a pipe, which might wait for its other end
 * for ever: a signal ends that. */
int fd_open(const char *path, int flags, mode_t mode);

/* As much as there is, up to size bytes: fewer only at the end. */
ssize_t fd_read(int fd, void *to, size_t size);
ssize_t fd_read_at(int fd, void *to, size_t size, off_t at);

/* All of it. */
bool fd_write(int fd, const void *from, size_t size);
bool fd_write_at(int fd, const void *from, size_t size, off_t at);

/* fsync; a file system that has no such thing is not at fault. */
bool fd_sync(int fd);
bool fd_cut(int fd, off_t size); /* ftruncate */

/* Make it so long, with room on the disk where the file system can promise that. */
bool fd_reserve(int fd, off_t size);

bool fd_lock(int fd, int how); /* LOCK_EX or LOCK_SH, at once; EWOULDBLOCK: taken */
bool fd_close(int fd);         /* legal on -1 */

/* A stream upon fd, which it takes over, also when it fails; mode is "r" or "w". */
FILE *fd_stream(int fd, const char *mode);

/* fd_open for reading, and a stream upon it. */
FILE *fd_stream_open(const char *path);

/* opendir(3). */
DIR *fd_folder(const char *path);

#endif
