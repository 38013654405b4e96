/*
 * SPDX-License-Identifier: MIT
 *
 * Files: whole reads with a cap, and writes that replace the target only when complete
 * (temporary in the same folder, fsync, rename, fsync of the folder). "-" is standard
 * input or output. Messages read: cannot open 'x.png': No such file or directory.
 * Tested in tests/base/test_file.c.
 */
#ifndef VQ_BASE_FILE_H
#define VQ_BASE_FILE_H

#include <stdint.h>
#include <stdio.h>

#include "base/temporaries.h"

/* How a path reads in messages: "-" is "standard input"; else the path itself. */
const char *file_input_name(const char *path);

/*
 * Read a whole file of at most max bytes into *data (owned by the caller, free()).
 * VQ_EIO: cannot be opened or read; VQ_EINPUT: more than max bytes; VQ_ENOMEM. An empty
 * file gives size 0 and data that is not NULL.
 */
vq_status file_read(const char *path, size_t max, unsigned char **data, size_t *size,
                    vq_error *err);

/*
 * The same, but of a file of more than FILE_LOOK_BYTES, which are n here, `look` says
 * whether the rest is worth reading; size is that of the file, -1 where it is not known
 * (a pipe). So a file that is large and nonsense costs no more than that.
 */
enum { FILE_LOOK_BYTES = 3 << 20 };
typedef vq_status (*file_look_fn)(const char *name, const unsigned char *bytes,
                                  size_t n, int64_t size, vq_error *err);
vq_status file_read_looking(const char *path, size_t max, file_look_fn look,
                            unsigned char **data, size_t *size, vq_error *err);

/*
 * An atomic write in progress. New files get mode 0666 & ~umask, replaced ones keep
 * theirs. A symbolic link is followed. What cannot be replaced (a device, a pipe,
 * standard output) is written straight.
 */
typedef struct file_writer {
    FILE *stream;                  /* write here; checked for errors at commit */
    int fd;                        /* below it, and its own */
    char path[VQ_PATH_MAX];        /* the target; empty: standard output */
    char temp[TEMPORARY_PATH_MAX]; /* exists until commit or abort; empty: none */
    int slot;                      /* of temp among the temporaries */
} file_writer;

/* This call and all below: VQ_EIO, with the path and the reason. */
vq_status file_writer_open(file_writer *w, const char *path, vq_error *err);

/* Append size bytes, failing at once with the reason; mixes freely with w->stream. */
vq_status file_writer_put(file_writer *w, const void *data, size_t size, vq_error *err);

/*
 * Flush, fsync, rename, fsync the folder. On failure the temporary is removed and the
 * target untouched; only where the folder's fsync fails is the new file in place.
 */
vq_status file_writer_commit(file_writer *w, vq_error *err);
void file_writer_abort(file_writer *w); /* legal on a zeroed or finished writer */

/* Rename within a folder, replacing what is there, and fsync the folder. */
vq_status file_rename(const char *from, const char *to, vq_error *err);

/* Open, write all of data, commit. */
vq_status file_write(const char *path, const void *data, size_t size, vq_error *err);

/* mkdir -p: make path and every missing folder above it. */
vq_status file_make_dirs(const char *path, vq_error *err);

/* True also where that cannot be told (EIO, EACCES): opening it will say why. */
bool file_exists(const char *path);

/*
 * Can a file be written there? For looking before the work instead of after it: what
 * file_writer_open would say of the folder and the name. Makes nothing. VQ_EIO.
 */
vq_status file_check_target(const char *path, vq_error *err);

/* folder/name to path, with one slash where the folder ends in one. VQ_EUSAGE: longer
 * than VQ_PATH_MAX - 1 bytes. */
vq_status file_join(char path[VQ_PATH_MAX], const char *folder, const char *name,
                    vq_error *err);

#endif
