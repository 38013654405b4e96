/*
 * SPDX-License-Identifier: MIT
 *
 * NumPy .npy files of integers. Tested in tests/io/test_npy.c, fuzzed by
 * tests/fuzz/fuzz_npy.c.
 */
#ifndef VQ_IO_NPY_H
#define VQ_IO_NPY_H

#include <stdint.h>

#include "io/npy_values.h"

#define NPY_MAGIC "\x93NUMPY"

typedef struct npy_ints {
    int rank;
    int64_t dims[NPY_MAX_RANK];
    int64_t count;
    int32_t *v; /* owned, free() */
} npy_ints;

/*
 * Read integers of any size and byte order whose values fit int32, in C or Fortran
 * order, format 1.0 or 2.0; v is in C order. `name` is for messages. VQ_EINPUT: another
 * type or version, a value that does not fit, data that is not what the shape says.
 * VQ_EIO: cannot be read. VQ_ENOMEM.
 */
vq_status npy_read(npy_ints *a, const char *path, vq_error *err);

/* A file_look_fn: can a file that begins so and has that size be an array of integers?
 */
vq_status npy_look(const char *name, const unsigned char *bytes, size_t n, int64_t size,
                   vq_error *err);
vq_status npy_parse(npy_ints *a, const char *name, const unsigned char *bytes,
                    size_t size, vq_error *err);

/* What a .npy file of any type says of itself before its data. */
typedef struct npy_header {
    char dtype[8]; /* "|u1", "<f4" and so on */
    bool fortran_order;
    int rank;
    int64_t dims[NPY_MAX_RANK];
    size_t data_at; /* byte */
} npy_header;

/*
 * Read the header from the first bytes of a file. VQ_EINPUT: not .npy of version 1.0 or
 * 2.0, a rank above NPY_MAX_RANK, or a header longer than the bytes.
 */
vq_status npy_header_parse(npy_header *header, const char *name,
                           const unsigned char *bytes, size_t size, vq_error *err);

/*
 * The header, in format 1.0, of an array of that type ("<u2") in C order; returns its
 * size, a multiple of 64.
 */
#define NPY_HEADER_MAX 192
size_t npy_header_make(char text[NPY_HEADER_MAX], const char *dtype, int rank,
                       const int64_t *dims);

/* Write '<i4', format 1.0, atomically; "-" is standard output. VQ_EIO. */
vq_status npy_write(const char *path, int rank, const int64_t *dims, const int32_t *v,
                    vq_error *err);

#endif
