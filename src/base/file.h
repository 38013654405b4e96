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

#include <stdio.h>

#include "base/status.h"

/* Read a whole file of at most max bytes into *data (owned by the caller, free()). */
vq_status file_read(const char *path, size_t max, unsigned char **data, size_t *size,
                    vq_error *err);

/* An atomic write in progress. */
typedef struct file_writer {
    FILE *stream;                /* write here; checked for errors at commit */
    char path[VQ_PATH_MAX];      /* the target; "-" is standard output */
    char temp[VQ_PATH_MAX + 16]; /* exists until commit or abort */
} file_writer;

vq_status file_writer_open(file_writer *w, const char *path, vq_error *err);

/* Flush, fsync, rename. On failure the temporary is removed and the target untouched.
 */
vq_status file_writer_commit(file_writer *w, vq_error *err);
void file_writer_abort(file_writer *w); /* legal on a zeroed or finished writer */

/* Open, write all of data, commit. */
vq_status file_write(const char *path, const void *data, size_t size, vq_error *err);

vq_status file_make_dirs(const char *path, vq_error *err); /* mkdir -p */
bool file_exists(const char *path);

#endif
