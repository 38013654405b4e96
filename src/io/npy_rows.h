/*
 * SPDX-License-Identifier: MIT
 *
 * A .npy whose rows are written in pieces, each in its place, by work that may be
 * killed at any moment and go on later. Until all are there the file is called
 * NAME.part and ends in a table: what work it is, and of every finished piece a
 * checksum, so that a piece which did not reach the disk whole is done again.
 *
 *   header of the .npy | rows | u64 job | u64 [pieces]: 0, or 2^32 + CRC-32 of the
 * piece
 *
 * Pieces are independent of each other: any process that has the file may put any of
 * them, in any order. Tested in tests/io/test_npy_rows.c.
 */
#ifndef VQ_IO_NPY_ROWS_H
#define VQ_IO_NPY_ROWS_H

#include <stdint.h>

#include "io/npy.h"

/* What is written. */
typedef struct npy_rows_plan {
    const char *dtype; /* "<u2", of 2 or 4 bytes */
    int rank;
    int64_t dims[NPY_MAX_RANK]; /* dims[0] rows, above 0 */
    int64_t per_piece;          /* rows of a piece; the last one may have fewer */
    uint64_t job;               /* says all that the rows depend on */
} npy_rows_plan;

typedef struct npy_rows {
    npy_rows_plan plan;
    int fd;
    char path[VQ_PATH_MAX], part[VQ_PATH_MAX];
    size_t row;               /* bytes */
    int64_t pieces, table_at; /* table_at: byte */
    bool *done;               /* [pieces] owned */
    int64_t n_done;           /* rows */
} npy_rows;

/*
 * Begin path.part, or with `resume` go on with it where it is there. VQ_EUSAGE: it is
 * there, and `resume` is false; VQ_EINPUT: it is of another job, or damaged; VQ_EIO: it
 * cannot be made or read, another process has it, or the disk has no room for the
 * whole; VQ_ENOMEM.
 */
vq_status npy_rows_open(npy_rows *r, const char *path, const npy_rows_plan *plan,
                        bool resume, vq_error *err);

/*
 * Put pieces of a file that another process has open, with the same plan, beside it;
 * which ones are done is not looked at. VQ_EIO: it is not there, as where a folder is
 * not on a file system that all machines share; VQ_ENOMEM.
 */
vq_status npy_rows_join(npy_rows *r, const char *path, const npy_rows_plan *plan,
                        vq_error *err);

/* What this process has put is there for the others to see. VQ_EIO. */
vq_status npy_rows_flush(npy_rows *r, vq_error *err);

/* Look what is done by now, whoever did it. VQ_EIO: not all pieces. */
vq_status npy_rows_check(npy_rows *r, vq_error *err);

/* Rows [*first, *first + result) of a piece. */
int64_t npy_rows_of(const npy_rows *r, int64_t piece, int64_t *first);

/* Write a piece, whose bytes are as the file has them, and note that it is done. */
vq_status npy_rows_put(npy_rows *r, int64_t piece, const void *bytes, vq_error *err);

/* All pieces are there: give the file its name, atomically. VQ_EIO. */
vq_status npy_rows_commit(npy_rows *r, vq_error *err);

/* Let go of the file; what is unfinished stays. Legal on a zeroed or closed one. */
void npy_rows_close(npy_rows *r);

#endif
